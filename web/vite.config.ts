import react from "@vitejs/plugin-react";
import { gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

/** What a browser may have to load before everything works, gzipped. */
const BUDGET = 200_000;

/** Fails a build whose scripts are larger than the budget. */
function budget(): Plugin {
  return {
    name: "budget",
    apply: "build",
    generateBundle(_options, bundle) {
      let size = 0;
      for (const part of Object.values(bundle)) if (part.type === "chunk") size += gzipSync(part.code, { level: 9 }).length;
      if (size > BUDGET) this.error(`the page has ${size} bytes of gzipped JavaScript, ${BUDGET} are allowed`);
    },
  };
}

// The page is served by sweepd itself, from the root of its address.
export default defineConfig({
  plugins: [react(), budget()],
  build: {
    target: "es2022",
    outDir: "dist",
    emptyOutDir: true,
    assetsInlineLimit: 0, // fonts and pictures stay files: the content policy allows no data: fonts
    chunkSizeWarningLimit: 700,
  },
  worker: { format: "es" },
  server: {
    // `npm run dev` shows a server that runs beside it.
    proxy: { "/api": "http://127.0.0.1:8080", "/login": "http://127.0.0.1:8080" },
  },
});
