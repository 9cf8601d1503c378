import { useMutation, useQueryClient } from "@tanstack/react-query";
import { AlertDialog } from "radix-ui";
import { api, Problem, type Sweep, take } from "../../api/client";

type Verb = "pause" | "resume" | "cancel" | "retry";

/** What a person can do with a sweep. */
export function Commands({ sweep }: { sweep: Sweep }) {
  const queries = useQueryClient();
  const order = useMutation({
    mutationFn: (verb: Verb) => take(api.POST(`/api/v1/sweeps/{sweep}/${verb}`, { params: { path: { sweep: sweep.id } }, body: {} })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["overview"] }),
  });
  const open = sweep.state === "running" || sweep.state === "paused";
  return (
    <>
      {order.error && (
        <span className="refused" role="alert">
          {order.error instanceof Problem && order.error.code === "unauthenticated" ? (
            <>
              This needs a token: open the link that <code>sweepd token login</code> prints.
            </>
          ) : (
            order.error.message
          )}
        </span>
      )}
      {sweep.counts.failed > 0 && (
        <button type="button" className="button" disabled={order.isPending} onClick={() => order.mutate("retry")}>
          Retry failed
        </button>
      )}
      {open && (
        <AlertDialog.Root>
          <AlertDialog.Trigger className="button" disabled={order.isPending}>
            Cancel
          </AlertDialog.Trigger>
          <AlertDialog.Portal>
            <AlertDialog.Overlay className="overlay" />
            <AlertDialog.Content className="dialog">
              <AlertDialog.Title>Cancel {sweep.name}?</AlertDialog.Title>
              <AlertDialog.Description>Running trials are stopped and none is started any more. What they have logged stays.</AlertDialog.Description>
              <div className="dialog-actions">
                <AlertDialog.Cancel className="button">Let it go on</AlertDialog.Cancel>
                <AlertDialog.Action className="button press" onClick={() => order.mutate("cancel")}>
                  Cancel the sweep
                </AlertDialog.Action>
              </div>
            </AlertDialog.Content>
          </AlertDialog.Portal>
        </AlertDialog.Root>
      )}
      {open && (
        <button type="button" className="button press" disabled={order.isPending} onClick={() => order.mutate(sweep.state === "paused" ? "resume" : "pause")}>
          {sweep.state === "paused" ? "Resume" : "Pause"}
        </button>
      )}
    </>
  );
}
