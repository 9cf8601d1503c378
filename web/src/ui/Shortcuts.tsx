import { Dialog } from "radix-ui";
import { useState } from "react";
import { useKeys } from "./keys";

const keys: [string, string][] = [
  ["/", "filter the leaderboard"],
  ["j  k", "next, previous trial"],
  ["\u2191  \u2193  Home  End", "the same, within the leaderboard"],
  ["Enter", "into the chosen trial, from the leaderboard"],
  ["Esc", "close the trial"],
  [".", "logarithmic value axis on and off"],
  ["?", "this list"],
];

/** The list of keys, behind "?". */
export function Shortcuts() {
  const [open, setOpen] = useState(false);
  useKeys({ "?": () => setOpen(true) });
  return (
    <Dialog.Root open={open} onOpenChange={setOpen}>
      <Dialog.Trigger className="button quiet" aria-label="Keys">
        ?
      </Dialog.Trigger>
      <Dialog.Portal>
        <Dialog.Overlay className="overlay" />
        <Dialog.Content className="dialog" aria-describedby={undefined}>
          <Dialog.Title>Keys</Dialog.Title>
          <dl className="keys">
            {keys.map(([key, what]) => (
              <div key={key}>
                <dt>
                  {key.split("  ").map((k) => (
                    <kbd key={k}>{k}</kbd>
                  ))}
                </dt>
                <dd>{what}</dd>
              </div>
            ))}
          </dl>
          <Dialog.Close className="button">Close</Dialog.Close>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
