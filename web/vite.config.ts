import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The page is served by sweepd itself, from the root of its address.
export default defineConfig({
  plugins: [react()],
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
