import { useState } from "react";

type Choice = "system" | "light" | "dark";
const order: Choice[] = ["system", "light", "dark"];

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
      onClick={() => {
        apply(next);
        setChoice(next);
      }}
    >
      Theme: {choice}
    </button>
  );
}
