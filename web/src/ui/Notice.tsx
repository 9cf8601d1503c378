import { Problem } from "../api/client";

/** An error where it happened: what, and what to do about it. */
export function Notice({ error, retry }: { error: unknown; retry?: () => void }) {
  const p = error instanceof Problem ? error : new Problem(String(error), 0, "unknown");
  return (
    <div className="notice" role="alert">
      <strong>{p.message}</strong>
      {p.hint && <span> {p.hint}</span>}
      {retry && (
        <button type="button" className="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}
