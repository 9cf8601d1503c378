// The colours of the styles, for canvases.

export type Tokens = Record<"ground" | "line" | "ink" | "ink-2" | "ink-3" | "accent" | "warm" | "stopped" | "failed" | "running" | "completed", string>;

const names: (keyof Tokens)[] = ["ground", "line", "ink", "ink-2", "ink-3", "accent", "warm", "stopped", "failed", "running", "completed"];

/** Reads the tokens as they are now; read again when the theme changes. */
export function readTokens(): Tokens {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(names.map((n) => [n, style.getPropertyValue(`--${n}`).trim()])) as Tokens;
}

/** Calls back whenever the theme changes, by choice or by the system; gives the way to stop. */
export function onTheme(changed: () => void): () => void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  system.addEventListener("change", changed);
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  return () => {
    system.removeEventListener("change", changed);
    observer.disconnect();
  };
}
