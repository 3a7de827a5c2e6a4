/** Every address of the app. Pages load when they are first opened. */
import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from "@tanstack/react-router";
import { readActivitySearch } from "@/features/activity/search";
import { readAuditSearch, readWords } from "@/features/admin/search";
import { readCompareSearch } from "@/features/compare/search";
import { readCreditsSearch } from "@/features/credits/search";
import { readDocsSearch } from "@/features/docs/search";
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

const organization = createRoute({
  getParentRoute: () => settings,
  path: "/organization",
  component: lazyRouteComponent(() => import("@/features/settings/organization-page"), "OrganizationPage"),
});

const workspaces = createRoute({
  getParentRoute: () => settings,
  path: "/workspaces",
  component: lazyRouteComponent(() => import("@/features/settings/workspaces-page"), "WorkspacesPage"),
});

const workspace = createRoute({
  getParentRoute: () => settings,
  path: "/workspaces/$ref",
  component: lazyRouteComponent(() => import("@/features/settings/workspace-page"), "WorkspacePage"),
});

const presets = createRoute({
  getParentRoute: () => settings,
  path: "/presets",
  component: lazyRouteComponent(() => import("@/features/settings/presets-page"), "PresetsPage"),
});

const preset = createRoute({
  getParentRoute: () => settings,
  path: "/presets/$slug",
  component: lazyRouteComponent(() => import("@/features/settings/preset-page"), "PresetPage"),
});

const notifications = createRoute({
  getParentRoute: () => settings,
  path: "/notifications",
  component: lazyRouteComponent(() => import("@/features/settings/notifications-page"), "NotificationsPage"),
});

const credits = createRoute({
  getParentRoute: () => settings,
  path: "/credits",
  validateSearch: readCreditsSearch,
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

const admin = createRoute({
  getParentRoute: () => root,
  path: "/admin",
  component: lazyRouteComponent(() => import("@/features/admin/admin-layout"), "AdminLayout"),
});

const adminProviders = createRoute({
  getParentRoute: () => admin,
  path: "/providers",
  component: lazyRouteComponent(() => import("@/features/admin/providers-page"), "ProvidersPage"),
});

const adminUsers = createRoute({
  getParentRoute: () => admin,
  path: "/users",
  validateSearch: readWords,
  component: lazyRouteComponent(() => import("@/features/admin/users-page"), "UsersPage"),
});

const adminUser = createRoute({
  getParentRoute: () => admin,
  path: "/users/$id",
  component: lazyRouteComponent(() => import("@/features/admin/user-page"), "UserPage"),
});

const adminAccounts = createRoute({
  getParentRoute: () => admin,
  path: "/accounts",
  validateSearch: readWords,
  component: lazyRouteComponent(() => import("@/features/admin/accounts-page"), "AccountsPage"),
});

const adminAccount = createRoute({
  getParentRoute: () => admin,
  path: "/accounts/$id",
  component: lazyRouteComponent(() => import("@/features/admin/account-page"), "AccountPage"),
});

const adminAudit = createRoute({
  getParentRoute: () => admin,
  path: "/audit",
  validateSearch: readAuditSearch,
  component: lazyRouteComponent(() => import("@/features/admin/audit-page"), "AuditPage"),
});

const tree = root.addChildren([
  home,
  models,
  model,
  compare,
  rankings,
  docs,
  chat,
  welcome,
  signIn,
  verify,
  reset,
  invitation,
  activity,
  generation,
  admin.addChildren([adminProviders, adminUsers, adminUser, adminAccounts, adminAccount, adminAudit]),
  settings.addChildren([
    keys,
    profile,
    security,
    credits,
    organization,
    workspaces,
    workspace,
    presets,
    preset,
    notifications,
  ]),
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
