import { existsSync } from "node:fs";
import { defineConfig } from "@playwright/test";

// Debian's Chromium; Playwright's own is not downloaded.
const chromium = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((p) => existsSync(p));

export default defineConfig({
  testDir: "browser",
  timeout: 120_000,
  workers: 1,
  reporter: [["list"]],
  outputDir: "node_modules/.playwright",
  use: {
    viewport: { width: 1440, height: 900 },
    reducedMotion: "reduce",
    launchOptions: {
      executablePath: process.env.SWEEPD_TEST_CHROMIUM ?? chromium,
      args: ["--no-sandbox", "--disable-gpu", "--font-render-hinting=none", "--force-color-profile=srgb"],
    },
  },
});
