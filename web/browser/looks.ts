// What tests look at on a page.
import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

/** The leaderboard. */
export const grid = (page: Page) => page.getByRole("grid", { name: "Trials" });

/** Trials on the leaderboard, whether or not they are in sight. */
export const rowCount = async (page: Page) => Number(await grid(page).getAttribute("aria-rowcount")) - 1;

/** Fails on whatever axe finds against WCAG 2.2 AA. */
export async function accessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]).analyze();
  expect(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(" ")}`)).toEqual([]);
}
