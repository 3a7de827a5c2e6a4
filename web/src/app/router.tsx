/** Every address of the app. Pages load when they are first opened. */
import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from "@tanstack/react-router";
import { HomePage } from "@/features/home/home-page";
import { readModelsSearch } from "@/features/models/search";
import { readSignInSearch } from "@/features/sign-in/search";
import { modelsQuery } from "@/shared/api/models";
import { NotFound } from "./not-found";
import { RouteFailed } from "./route-failed";
import { Shell } from "./shell";

interface Context {
  queries: QueryClient;
}

const root = createRootRouteWithContext<Context>()({ component: Shell, notFoundComponent: NotFound });

const home = createRoute({ getParentRoute: () => root, path: "/", component: HomePage });

const models = createRoute({
  getParentRoute: () => root,
  path: "/models",
  validateSearch: readModelsSearch,
  loader: ({ context }) => void context.queries.prefetchQuery(modelsQuery),
  component: lazyRouteComponent(() => import("@/features/models/models-page"), "ModelsPage"),
});

const model = createRoute({
  getParentRoute: () => root,
  path: "/$author/$slug",
  validateSearch: (search): { tab?: "providers" | "activity" | "api" } =>
    search.tab === "activity" || search.tab === "api" ? { tab: search.tab } : {},
  component: lazyRouteComponent(() => import("@/features/model/model-page"), "ModelPage"),
});

const chat = createRoute({
  getParentRoute: () => root,
  path: "/chat",
  validateSearch: (search): { room?: string; model?: string } => ({
    ...(typeof search.room === "string" && { room: search.room }),
    ...(typeof search.model === "string" && { model: search.model }),
  }),
  loader: ({ context }) => void context.queries.prefetchQuery(modelsQuery),
  component: lazyRouteComponent(() => import("@/features/chat/chat-page"), "ChatPage"),
});

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: readSignInSearch,
  component: lazyRouteComponent(() => import("@/features/sign-in/sign-in-page"), "SignInPage"),
});

const verify = createRoute({
  getParentRoute: () => root,
  path: "/sign-in/verify",
  component: lazyRouteComponent(() => import("@/features/sign-in/link-page"), "VerifyPage"),
});

const reset = createRoute({
  getParentRoute: () => root,
  path: "/sign-in/reset",
  component: lazyRouteComponent(() => import("@/features/sign-in/link-page"), "ResetPage"),
});

const settings = createRoute({
  getParentRoute: () => root,
  path: "/settings",
  component: lazyRouteComponent(() => import("@/features/settings/settings-layout"), "SettingsLayout"),
});

const profile = createRoute({
  getParentRoute: () => settings,
  path: "/profile",
  component: lazyRouteComponent(() => import("@/features/settings/profile-page"), "ProfilePage"),
});

const security = createRoute({
  getParentRoute: () => settings,
  path: "/security",
  component: lazyRouteComponent(() => import("@/features/settings/security-page"), "SecurityPage"),
});

const credits = createRoute({
  getParentRoute: () => settings,
  path: "/credits",
  component: lazyRouteComponent(() => import("@/features/credits/credits-page"), "CreditsPage"),
});

const keys = createRoute({
  getParentRoute: () => settings,
  path: "/keys",
  component: lazyRouteComponent(() => import("@/features/keys/keys-page"), "KeysPage"),
});

const generation = createRoute({
  getParentRoute: () => root,
  path: "/activity/$id",
  component: lazyRouteComponent(() => import("@/features/generation/generation-page"), "GenerationPage"),
});

const adminProviders = createRoute({
  getParentRoute: () => root,
  path: "/admin/providers",
  component: lazyRouteComponent(() => import("@/features/admin/providers-page"), "ProvidersPage"),
});

const tree = root.addChildren([
  home,
  models,
  model,
  chat,
  signIn,
  verify,
  reset,
  generation,
  adminProviders,
  settings.addChildren([keys, profile, security, credits]),
]);

export function makeRouter(queries: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { queries },
    defaultPreload: "intent",
    defaultErrorComponent: RouteFailed,
    defaultNotFoundComponent: NotFound,
    scrollRestoration: true,
  });
}
