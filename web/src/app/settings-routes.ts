/** The addresses of an account and of the person in it. */
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { readCreditsSearch } from "@/features/credits/search";
import { root } from "./root-route";

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

const guardrails = createRoute({
  getParentRoute: () => settings,
  path: "/guardrails",
  component: lazyRouteComponent(() => import("@/features/settings/guardrails-page"), "GuardrailsPage"),
});

const guardrail = createRoute({
  getParentRoute: () => settings,
  path: "/guardrails/$id",
  component: lazyRouteComponent(() => import("@/features/settings/guardrail-page"), "GuardrailPage"),
});

const byok = createRoute({
  getParentRoute: () => settings,
  path: "/byok",
  component: lazyRouteComponent(() => import("@/features/settings/byok-page"), "ByokPage"),
});

const observability = createRoute({
  getParentRoute: () => settings,
  path: "/observability",
  component: lazyRouteComponent(() => import("@/features/settings/observability-page"), "ObservabilityPage"),
});

const destination = createRoute({
  getParentRoute: () => settings,
  path: "/observability/$id",
  component: lazyRouteComponent(() => import("@/features/settings/destination-page"), "DestinationPage"),
});

const privacy = createRoute({
  getParentRoute: () => settings,
  path: "/privacy",
  component: lazyRouteComponent(() => import("@/features/settings/privacy-page"), "PrivacyPage"),
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

export const settingsRoutes = settings.addChildren([
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
  guardrails,
  guardrail,
  byok,
  privacy,
  observability,
  destination,
]);
