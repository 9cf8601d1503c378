import { useState } from "react";

/** Text in a box with a button that copies it. On plain http to a host name
 * there is no clipboard API; then the text is selected for the keyboard. */
export function Copy({ text, label }: { text: string; label: string }) {
  const [done, setDone] = useState<string>();
  async function copy(from: HTMLElement) {
    try {
      await navigator.clipboard.writeText(text);
      setDone("copied");
    } catch {
      const range = document.createRange();
      range.selectNodeContents(from.previousElementSibling!);
      getSelection()?.removeAllRanges();
      getSelection()?.addRange(range);
      setDone("selected");
    }
  }
  return (
    <div className="copy">
      <pre aria-label={label}>{text}</pre>
      <button type="button" className="button" onClick={(e) => void copy(e.currentTarget)}>
        {done ?? "Copy"}
      </button>
    </div>
  );
}
