import { useState } from "react";

type Choice = "system" | "light" | "dark";
const order: Choice[] = ["system", "light", "dark"];

const drawings: Record<Choice, React.ReactNode> = {
  system: (
    <>
      <circle cx="8" cy="8" r="5.6" fill="none" stroke="currentColor" strokeWidth="1.4" />
      <path d="M8 2.4a5.6 5.6 0 0 1 0 11.2z" fill="currentColor" />
    </>
  ),
  light: (
    <>
      <circle cx="8" cy="8" r="3" fill="currentColor" />
      <path d="M8 .8v2m0 10.4v2M.8 8h2m10.4 0h2M2.9 2.9l1.4 1.4m7.4 7.4 1.4 1.4m0-10.2-1.4 1.4m-7.4 7.4-1.4 1.4" stroke="currentColor" strokeWidth="1.4" />
    </>
  ),
  dark: <path d="M13.4 10.2A6 6 0 0 1 5.8 2.6a6 6 0 1 0 7.6 7.6z" fill="currentColor" />,
};

function stored(): Choice {
  try {
    const v = localStorage.getItem("theme");
    return v === "light" || v === "dark" ? v : "system";
  } catch {
    return "system";
  }
}

function apply(choice: Choice): void {
  if (choice === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice;
  try {
    if (choice === "system") localStorage.removeItem("theme");
    else localStorage.setItem("theme", choice);
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
}

/** Steps through system, light and dark. */
export function ThemeButton() {
  const [choice, setChoice] = useState(stored);
  const next = order[(order.indexOf(choice) + 1) % order.length]!;
  return (
    <button
      type="button"
      className="button quiet"
      title={`Theme: ${choice}. Press for ${next}.`}
      aria-label={`Theme: ${choice}`}
      onClick={() => {
        apply(next);
        setChoice(next);
      }}
    >
      <svg width="15" height="15" viewBox="0 0 16 16" aria-hidden="true">
        {drawings[choice]}
      </svg>
    </button>
  );
}
