/** What stands around every page: theme, server state, language, router. */
import { localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { ApiError } from "@/shared/api/client";
import { meQuery } from "@/shared/api/session";
import { makeRouter } from "./router";
import { theme } from "./theme";

const queries: QueryClient = new QueryClient({
  queryCache: new QueryCache({
    // The session has ended meanwhile: whoever shows who is signed in learns it now.
    onError: (error) => {
      if (error instanceof ApiError && error.status === 401) void queries.invalidateQueries(meQuery);
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      // Whether there is a network says little: the server may be on this very machine. What fails says so, with a retry.
      networkMode: "always",
      refetchOnReconnect: true,
      // A refusal stays one; what may pass is tried once more.
      retry: (failures, error) => failures < 1 && !(error instanceof ApiError && error.status < 500),
    },
    // Nothing that was pressed without a network is done later, when nobody expects it.
    mutations: { networkMode: "always" },
  },
});

const router = makeRouter(queries);
const schemes = localStorageColorSchemeManager({ key: "modelport.scheme" });

export function App() {
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" colorSchemeManager={schemes}>
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  );
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
