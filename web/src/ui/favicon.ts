import type { SweepState } from "../api/client";

/** The dot beside the mark, in a colour that stands out on tabs of either theme. */
const dots: Partial<Record<SweepState, string>> = { running: "#0ea5e9", paused: "#b4530a", failed: "#c2410c", finished: "#059669" };

/** Shows a sweep's state on the tab; without one, the plain mark. */
export function showState(state: SweepState | undefined): void {
  const link = document.querySelector<HTMLLinkElement>("link[rel=icon]");
  if (!link) return;
  const dot = state && dots[state];
  link.href = dot ? `data:image/svg+xml,${encodeURIComponent(mark(dot))}` : "/icon.svg";
}

const mark = (dot: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#14161a"/><path d="M6 23h4v-7h6v-5h10" fill="none" stroke="#8ab4ff" stroke-width="3" stroke-linecap="round" stroke-linejoin="round"/><circle cx="24.5" cy="24.5" r="6.5" fill="${dot}" stroke="#14161a" stroke-width="2"/></svg>`;
