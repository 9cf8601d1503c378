// Looks at the page of a sweep as a newcomer's browser does, and prints what it
// took as JSON: node bench/page/look.mjs URL TRIALS. On its last visit it says
// "stays" and remains until the sweep has ended.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { get } from "node:http";

const { chromium } = createRequire(new URL("../../web/package.json", import.meta.url))("playwright-core");
const [url, trials] = process.argv.slice(2);
const VISITS = 5;
const found = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((p) => existsSync(p));

/** Runs in the page before its own scripts: notes when rows were first painted
 * and when all trials were there, in milliseconds since the navigation. */
function watch(all) {
  const noted = (globalThis.noted = {});
  const step = () => {
    const grid = document.querySelector("[role=grid]");
    // The frame after the one that found the rows has them on the screen.
    if (noted.found && !noted.painted) noted.painted = performance.now();
    noted.found ||= grid?.querySelector("[aria-rowindex='2']") != null;
    if (grid?.getAttribute("aria-rowcount") === String(all + 1)) noted.loaded = performance.now();
    if (!noted.painted || !noted.loaded) requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
}

/** Bytes of an answer as it travels, gzip. */
const size = (address) =>
  new Promise((done, failed) => {
    get(address, { headers: { "Accept-Encoding": "gzip" } }, (answer) => {
      let n = 0;
      answer.on("data", (chunk) => (n += chunk.length)).on("end", () => done(n));
    }).on("error", failed);
  });

const browser = await chromium.launch({ executablePath: process.env.SWEEPD_TEST_CHROMIUM ?? found, args: ["--no-sandbox", "--disable-gpu"] });
const seen = { painted: [], loaded: [], sorted: [], frames: [], tasks: [], script: 0, heap: 0 };
for (let visit = 0; visit < VISITS; visit++) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } }); // its cache is empty
  const page = await context.newPage();
  const scripts = new Set();
  page.on("response", (r) => r.request().resourceType() === "script" && scripts.add(r.url()));
  await page.addInitScript(watch, Number(trials));
  await page.goto(url);
  await page.waitForFunction(() => globalThis.noted.painted && globalThis.noted.loaded, undefined, { timeout: 60_000 });
  const { painted, loaded } = await page.evaluate(() => globalThis.noted);
  seen.painted.push(painted);
  seen.loaded.push(loaded);

  seen.sorted.push(
    await page.evaluate(async () => {
      const head = document.querySelector("[role=columnheader] button");
      const first = () => document.querySelector("[aria-rowindex='2']")?.id;
      const before = first();
      const start = performance.now();
      head.click();
      do await new Promise(requestAnimationFrame);
      while (first() === before && performance.now() - start < 10_000);
      return performance.now() - start;
    }),
  );
  seen.frames.push(
    ...(await page.evaluate(async () => {
      const grid = document.querySelector("[role=grid]");
      const frames = [];
      let last = await new Promise(requestAnimationFrame);
      for (let i = 0; i < 60; i++) {
        grid.scrollTop += 700;
        const now = await new Promise(requestAnimationFrame);
        frames.push(now - last);
        last = now;
      }
      return frames;
    })),
  );
  if (visit === VISITS - 1) {
    await page.evaluate(() => {
      globalThis.tasks = [];
      new PerformanceObserver((l) => globalThis.tasks.push(...l.getEntries().map((e) => e.duration))).observe({ type: "longtask" });
    });
    console.log("stays");
    await page.waitForFunction(() => document.querySelector(".facts").textContent.includes("finished"), undefined, { timeout: 120_000 });
    seen.tasks = await page.evaluate(() => globalThis.tasks);
    seen.script = (await Promise.all([...scripts].map(size))).reduce((a, b) => a + b, 0);
    const cdp = await context.newCDPSession(page);
    await cdp.send("HeapProfiler.collectGarbage");
    seen.heap = (await cdp.send("Runtime.getHeapUsage")).usedSize;
  }
  await context.close();
}
await browser.close();
console.log(JSON.stringify(seen));
