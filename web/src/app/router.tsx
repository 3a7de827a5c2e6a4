/** Every address of the app. Pages load when they are first opened. */
import type { QueryClient } from "@tanstack/react-query";
import { createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { readActivitySearch } from "@/features/activity/search";
import { readAppSearch, readAppsSearch } from "@/features/apps/search";
import { readCompareSearch } from "@/features/compare/search";
import { readDocsSearch } from "@/features/docs/search";
import { HomePage } from "@/features/home/home-page";
import { readModelsSearch } from "@/features/models/search";
import { readSignInSearch } from "@/features/sign-in/search";
import { modelsQuery } from "@/shared/api/models";
import { adminRoutes } from "./admin-routes";
import { NotFound } from "./not-found";
import { root } from "./root-route";
import { RouteFailed } from "./route-failed";
import { settingsRoutes } from "./settings-routes";

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

const compare = createRoute({
  getParentRoute: () => root,
  path: "/compare",
  validateSearch: readCompareSearch,
  loader: ({ context }) => void context.queries.prefetchQuery(modelsQuery),
  component: lazyRouteComponent(() => import("@/features/compare/compare-page"), "ComparePage"),
});

const rankings = createRoute({
  getParentRoute: () => root,
  path: "/rankings",
  validateSearch: (search): { span?: "day" | "month" } =>
    search.span === "day" || search.span === "month" ? { span: search.span } : {},
  component: lazyRouteComponent(() => import("@/features/rankings/rankings-page"), "RankingsPage"),
});

const apps = createRoute({
  getParentRoute: () => root,
  path: "/apps",
  validateSearch: readAppsSearch,
  component: lazyRouteComponent(() => import("@/features/apps/apps-page"), "AppsPage"),
});

const app = createRoute({
  getParentRoute: () => root,
  path: "/apps/$id",
  validateSearch: readAppSearch,
  component: lazyRouteComponent(() => import("@/features/apps/app-page"), "AppPage"),
});

const docs = createRoute({
  getParentRoute: () => root,
  path: "/docs",
  validateSearch: readDocsSearch,
  component: lazyRouteComponent(() => import("@/features/docs/docs-page"), "DocsPage"),
});

const welcome = createRoute({
  getParentRoute: () => root,
  path: "/welcome",
  component: lazyRouteComponent(() => import("@/features/welcome/welcome-page"), "WelcomePage"),
});

const activity = createRoute({
  getParentRoute: () => root,
  path: "/activity",
  validateSearch: readActivitySearch,
  component: lazyRouteComponent(() => import("@/features/activity/activity-page"), "ActivityPage"),
});

const chat = createRoute({
  getParentRoute: () => root,
  path: "/chat",
  validateSearch: (search): { room?: string; model?: string; models?: string[] } => ({
    ...readCompareSearch(search),
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

const invitation = createRoute({
  getParentRoute: () => root,
  path: "/invitation",
  component: lazyRouteComponent(() => import("@/features/sign-in/invitation-page"), "InvitationPage"),
});

const generation = createRoute({
  getParentRoute: () => root,
  path: "/activity/$id",
  component: lazyRouteComponent(() => import("@/features/generation/generation-page"), "GenerationPage"),
});

const tree = root.addChildren([
  home,
  models,
  model,
  compare,
  rankings,
  apps,
  app,
  docs,
  chat,
  welcome,
  signIn,
  verify,
  reset,
  invitation,
  activity,
  generation,
  adminRoutes,
  settingsRoutes,
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
