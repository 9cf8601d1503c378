// A leaderboard of ten thousand trials: it scrolls, sorts, filters and opens one,
// and what ends meanwhile comes in without moving what one looks at.
import { expect, test } from "@playwright/test";
import { manyTrials, settleAll } from "./cluster";
import { grid, rowCount } from "./looks";
import { Server } from "./server";

const N = 10_000;
const LATE = 200; // end while one looks
/** The order of losses is known: trial 1 is the best, trial N the worst. */
const loss = (trial: number) => 0.1 + trial / N;

let server: Server;
let sweep: string;

test.describe.configure({ mode: "serial" });

test.beforeAll(async () => {
  server = await Server.start(0);
  sweep = server.submit(manyTrials(N));
  await settleAll(server.url, server.token, loss, N - LATE);
});
test.afterAll(() => server.stop());

test("scrolls to the last, sorts, filters, opens one", async ({ page }) => {
  const complaints: string[] = [];
  page.on("console", (m) => m.type() === "error" && complaints.push(m.text()));
  page.on("pageerror", (e) => complaints.push(e.message));
  await page.goto(`${server.url}/s/${sweep}`);
  await expect.poll(() => rowCount(page), { timeout: 30_000 }).toBe(N);
  const row = (place: number) => grid(page).locator(`[aria-rowindex="${place + 1}"]`);
  await expect(row(1)).toContainText("★");
  expect(await grid(page).getByRole("row").count()).toBeLessThan(60);

  await grid(page).focus();
  await page.keyboard.press("End");
  await expect(row(N)).toBeInViewport();
  await page.keyboard.press("Escape");

  await page.getByRole("button", { name: "lr", exact: true }).click();
  await expect(row(1)).toContainText("1.0e\u22121");
  await expect(row(1)).toBeInViewport();
  await page.getByRole("button", { name: "lr", exact: true }).click();
  await expect(row(1)).toContainText("1.0e\u22125");

  await page.getByLabel("Filter trials").fill("optimizer=lion, value<0.2");
  await expect.poll(() => rowCount(page)).toBe(333);
  await expect(page.getByText(`333 of 10\u2009000 match`)).toBeVisible();

  await row(3).click();
  const pane = page.getByRole("region", { name: /^Trial \d+$/ });
  await expect(pane.locator(".sentence")).toContainText("Completed with loss 0.1");
  await expect(pane.getByRole("row", { name: /optimizer/ })).toContainText("lion");
  expect(complaints).toEqual([]);
});

test("what ends while one looks moves nothing", async ({ page }) => {
  await page.goto(`${server.url}/s/${sweep}`);
  await expect.poll(() => rowCount(page), { timeout: 30_000 }).toBe(N);
  await expect(page.getByText("live", { exact: true })).toBeVisible();
  await grid(page).evaluate((g) => (g.scrollTop = 100 * 27));
  const seen = grid(page).locator('[aria-rowindex="110"]');
  await expect(seen).toBeInViewport();
  const before = { text: await seen.textContent(), y: (await seen.boundingBox())!.y };
  await settleAll(server.url, server.token, loss);
  await expect(page.locator(".facts").getByText("finished")).toBeVisible({ timeout: 30_000 });
  expect({ text: await seen.textContent(), y: (await seen.boundingBox())!.y }).toEqual(before);
  await expect(page.locator(".facts")).toContainText(`10\u2009000 completed`);
});
