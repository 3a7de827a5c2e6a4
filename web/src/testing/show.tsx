/** Shows a piece of the app in a test: with the theme, an address, and a server that answers what it is told to. */
import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  RouterProvider,
} from "@tanstack/react-router";
import { render } from "@testing-library/react";
import type { ReactNode } from "react";
import { vi } from "vitest";

/** What the server has, by path; a number is the status of an error. */
export type Served = Record<string, unknown>;

/** Answers calls by their path; whatever is not there is not found. Give the same object again to change what it has. */
export function serve(served: Served): void {
  vi.stubGlobal("fetch", async (request: Request) => {
    const { pathname } = new URL(request.url);
    const body = served[pathname] ?? 404;
    const status = typeof body === "number" ? body : 200;
    const told = status === 200 ? body : { error: { code: status, message: `Status ${status}` } };
    return new Response(JSON.stringify(told), { status, headers: { "content-type": "application/json" } });
  });
}

export function show(piece: ReactNode, path = "/", search: Record<string, string> = {}) {
  const root = createRootRoute();
  const page = createRoute({ getParentRoute: () => root, path, component: () => piece });
  const router = createRouter({
    routeTree: root.addChildren([page]),
    history: createMemoryHistory({ initialEntries: [`${path}?${new URLSearchParams(search)}`] }),
  });
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const shown = render(
    <MantineProvider env="test">
      <QueryClientProvider client={queries}>
        <RouterProvider router={router as never} />
      </QueryClientProvider>
    </MantineProvider>,
  );
  return { ...shown, router };
}
