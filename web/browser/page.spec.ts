// The page on the real binary, as a person uses it.
import { expect, test } from "@playwright/test";
import { accessible, grid, rowCount } from "./looks";
import { Server, twoStages } from "./server";

let server: Server;
let sweep: string;

test.describe.configure({ mode: "serial" });

test.beforeAll(async () => {
  server = await Server.start();
});
test.afterAll(() => server.stop());

/** Every complaint of the browser is a failure: errors, and what the content policy kept out. */
test.beforeEach(({ page }) => {
  complaints.length = 0;
  page.on("console", (m) => {
    if (m.type() === "error") complaints.push(m.text());
  });
  page.on("pageerror", (e) => complaints.push(e.message));
});
const complaints: string[] = [];
const quiet = () => expect(complaints).toEqual([]);

test("without sweeps it says how to make one", async ({ page }) => {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await page.goto(server.url);
    await expect(page.getByRole("heading", { name: "No sweeps yet." })).toBeVisible();
    await accessible(page);
  }
  quiet();
});

test("trials of the second stage appear while one looks", async ({ page }) => {
  sweep = server.submit(twoStages);
  await page.goto(`${server.url}/s/${sweep}?cols=number,state,value,stage,rungs`);
  await expect(page.getByText("live", { exact: true })).toBeVisible();
  const refined = grid(page).getByRole("gridcell", { name: "refine", exact: true });
  await expect(refined).toHaveCount(0);
  await expect(refined.first()).toBeVisible({ timeout: 60_000 });
  // The last word comes without a reload: all trials, ended, and a result first.
  await expect(page.locator(".facts").getByText("finished")).toBeVisible({ timeout: 60_000 });
  expect(await rowCount(page)).toBe(18);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Best");
  await expect(page.getByRole("region", { name: "Rungs" })).toBeVisible();
  quiet();
});

test("sort, filter and the chosen trial live in the address", async ({ page }) => {
  await page.goto(`${server.url}/s/${sweep}`);
  await expect.poll(() => rowCount(page)).toBe(18);
  await page.getByRole("button", { name: "Trial", exact: true }).click();
  await page.keyboard.press("/");
  await page.keyboard.type("stage=refine, x<11");
  await expect.poll(() => rowCount(page)).toBe(12);
  await expect(page.getByText("12 of 18 match")).toBeVisible();
  await page.keyboard.press("Escape");
  await page.keyboard.press("j");
  await expect(page).toHaveURL(/t=7/);

  const address = page.url();
  await page.goto("about:blank");
  await page.goto(address);
  await expect.poll(() => rowCount(page)).toBe(12);
  await expect(page.getByRole("region", { name: "Trial 7" })).toBeVisible();
  await expect(grid(page).getByRole("row", { selected: true })).toContainText("7");

  // A filter that nothing meets names the condition to give up.
  await page.getByLabel("Filter trials").fill("stage=refine, x>1000");
  await page.getByRole("button", { name: /Without “x>1000”: 12/ }).click();
  await expect.poll(() => rowCount(page)).toBe(12);
  await page.getByLabel("Filter trials").fill("nonsense");
  await expect(page.getByText("is no condition")).toBeVisible();
  quiet();
});

test("a stopped trial says why, with its curve and its output", async ({ page }) => {
  await page.goto(`${server.url}/s/${sweep}?f=state%3Dstopped`);
  await expect.poll(() => rowCount(page)).toBeGreaterThan(0);
  await grid(page).getByRole("row").nth(1).click();
  const pane = page.getByRole("region", { name: /^Trial \d+$/ });
  await expect(pane.locator(".sentence")).toContainText(/rank \d+ of \d+/i);
  await expect(pane.getByRole("img", { name: /loss over \d+ reports/ })).toBeVisible();
  await expect(pane.locator(".curve canvas")).toBeVisible();
  await expect(pane.getByText(/grey: \d+ of its stage; orange: what each rung asks for now/)).toBeVisible();
  await expect(pane.getByText("epoch 1", { exact: false }).first()).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(pane).toHaveCount(0);
  quiet();
});

test("a trial's output is asked for again when the server did not answer", async ({ page }) => {
  let asked = 0;
  await page.route("**/log?*", (route) => (asked++ === 0 ? route.abort() : route.continue()));
  await page.goto(`${server.url}/s/${sweep}?t=7`);
  await expect(page.getByText("not live, retrying")).toBeVisible();
  await expect(page.getByLabel("Output of the trial")).toContainText("epoch 1");
  await expect(page.getByText("not live, retrying")).toHaveCount(0);
  expect(complaints.every((c) => c.includes("ERR_FAILED"))).toBe(true);
});

test("both themes are accessible, narrow screens too", async ({ page }) => {
  for (const path of ["/", `/s/${sweep}`, `/s/${sweep}?t=8`]) {
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.goto(server.url + path);
    await expect(page.getByRole("heading", { level: 1 })).not.toContainText(/Loading|^Sweeps$/);
    if (path.includes("t=")) await expect(page.locator(".sentence")).toBeVisible();
    for (const colorScheme of ["dark", "light"] as const) {
      await page.emulateMedia({ colorScheme });
      await accessible(page);
    }
    for (const width of [900, 360]) {
      await page.setViewportSize({ width, height: 900 });
      const wide = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      await expect.poll(wide, { message: `${path} is wider than ${width} pixels` }).toBeLessThanOrEqual(0);
    }
    await accessible(page);
  }
  quiet();
});

test("pausing needs the one-time link, and then works", async ({ page }) => {
  const long = server.submit(twoStages.replace("const: 0.1", "const: 3"));
  await page.goto(`${server.url}/s/${long}`);
  await page.getByRole("button", { name: "Pause" }).click();
  await expect(page.getByRole("alert")).toContainText("needs a token");
  expect(complaints.every((c) => c.includes("401"))).toBe(true);
  complaints.length = 0;

  await page.goto(await server.login());
  await page.goto(`${server.url}/s/${long}`);
  await page.getByRole("button", { name: "Pause" }).click();
  await expect(page.getByRole("button", { name: "Resume" })).toBeVisible();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Cancel the sweep" }).click();
  await expect(page.getByText("cancelled").first()).toBeVisible();
  quiet();
});

test("the keyboard goes through trials, into one and back", async ({ page }) => {
  await page.goto(`${server.url}/s/${sweep}`);
  await expect.poll(() => rowCount(page)).toBe(18);
  const first = await grid(page).getByRole("row").nth(1).getAttribute("id");
  await grid(page).focus();
  await page.keyboard.press("Enter");
  const chosen = grid(page).getByRole("row", { selected: true });
  await expect(chosen).toHaveAttribute("id", first!);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("j");
  await page.keyboard.press("k");
  await expect(chosen).toHaveAttribute("aria-rowindex", "3");
  await page.keyboard.press("End");
  await expect(chosen).toHaveAttribute("aria-rowindex", "19");
  await expect(chosen).toBeInViewport({ ratio: 0.99 });
  await page.keyboard.press("Enter");
  await expect(page.locator("#trial")).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(page.locator("#trial")).toHaveCount(0);
  await expect(grid(page)).toBeFocused();
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Keys" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  quiet();
});

test("eight tabs share one stream and leave room for requests", async ({ context }) => {
  const long = server.submit(twoStages.replace("const: 0.1", "const: 3"));
  const tabs = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const tab = await context.newPage();
      await tab.goto(`${server.url}/s/${long}`);
      await expect(tab.getByText("live", { exact: true })).toBeVisible({ timeout: 30_000 });
      return tab;
    }),
  );
  // With a connection per tab this would wait for ever.
  const status = await tabs[0]!.evaluate(() => fetch("/api/v1/system", { signal: AbortSignal.timeout(5_000) }).then((r) => r.status));
  expect(status).toBe(200);
  await Promise.all(tabs.map((t) => t.close()));
});

test("a sweep that is not there is said so", async ({ page }) => {
  await page.goto(`${server.url}/s/nope`);
  await expect(page.getByRole("alert")).toContainText("nope");
  await page.goto(`${server.url}/nowhere`);
  await expect(page.getByText("There is no page at this address.")).toBeVisible();
});
