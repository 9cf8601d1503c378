import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Problem } from "./api/client";
import { Gone } from "./pages/Gone";
import { readState } from "./pages/sweep/state";
import { Sweeps } from "./pages/sweeps/Sweeps";
import "./ui/fonts.css";
import "./ui/tokens.css";
import "./ui/page.css";

const root = createRootRoute({ notFoundComponent: Gone });
const sweeps = createRoute({ getParentRoute: () => root, path: "/", component: Sweeps });
const sweep = createRoute({
  getParentRoute: () => root,
  path: "/s/$sweep",
  validateSearch: readState,
  component: lazyRouteComponent(() => import("./pages/sweep/Page"), "SweepPage"),
});

const router = createRouter({ routeTree: root.addChildren([sweeps, sweep]), defaultPreload: "intent" });

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // What the server refused it will refuse again; what it did not answer it may.
      retry: (failures, error) => failures < 3 && !(error instanceof Problem && error.status >= 400 && error.status < 500),
      refetchOnWindowFocus: false,
    },
  },
});

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
