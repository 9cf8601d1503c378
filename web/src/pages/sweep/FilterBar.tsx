import { useEffect, useId, useRef, useState } from "react";
import { useKeys } from "../../ui/keys";

/** The filter as text; it takes effect shortly after the last key. */
export function FilterBar({ text, error, set }: { text: string; error?: string; set: (text: string) => void }) {
  const [draft, setDraft] = useState(text);
  const field = useRef<HTMLInputElement>(null);
  const id = useId();
  useEffect(() => setDraft(text), [text]);
  useKeys({ "/": () => field.current?.focus() });
  useEffect(() => {
    if (draft === text) return;
    const timer = setTimeout(() => set(draft), 250);
    return () => clearTimeout(timer);
  }, [draft, text, set]);
  return (
    <div className="filter">
      <input
        ref={field}
        type="search"
        value={draft}
        placeholder="state=running, lr<1e-3, reason~memory"
        aria-label="Filter trials"
        aria-invalid={error !== undefined}
        aria-describedby={error ? id : undefined}
        spellCheck={false}
        onChange={(e) => setDraft(e.target.value)}
        onKeyDown={(e) => {
          if (e.key === "Enter") set(draft);
          if (e.key === "Escape") e.currentTarget.blur();
        }}
      />
      {error && (
        <p id={id} className="field-error">
          {error}
        </p>
      )}
    </div>
  );
}
