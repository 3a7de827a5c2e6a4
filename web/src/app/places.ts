/** The pages of the navigation: everybody's, and those of who is signed in. */
import {
  IconArrowsLeftRight,
  IconBook2,
  IconChartBar,
  IconKey,
  IconLayoutGrid,
  IconMessages,
  IconReceipt2,
  IconReportAnalytics,
  IconServer,
  IconSettings,
  type TablerIcon,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Me } from "@/shared/api/session";

export interface Place {
  to:
    | "/models"
    | "/chat"
    | "/compare"
    | "/rankings"
    | "/docs"
    | "/activity"
    | "/settings/keys"
    | "/settings/credits"
    | "/settings/profile"
    | "/settings/security"
    | "/settings/notifications"
    | "/settings/workspaces"
    | "/settings/presets"
    | "/settings/guardrails"
    | "/settings/byok"
    | "/settings/privacy"
    | "/settings/observability"
    | "/settings/organization"
    | "/admin";
  label: string;
  icon: TablerIcon;
}

export function usePlaces(): Place[] {
  const { t } = useTranslation();
  return [
    { to: "/models", label: t("shell.models"), icon: IconLayoutGrid },
    { to: "/chat", label: t("shell.chat"), icon: IconMessages },
    { to: "/compare", label: t("shell.compare"), icon: IconArrowsLeftRight },
    { to: "/rankings", label: t("shell.rankings"), icon: IconChartBar },
    { to: "/docs", label: t("shell.docs"), icon: IconBook2 },
  ];
}

export function useOwnPlaces(me: Me | null | undefined): Place[] {
  const { t } = useTranslation();
  if (!me) return [];
  const places: Place[] = [];
  places.push({ to: "/activity", label: t("shell.activity"), icon: IconReportAnalytics });
  places.push({ to: "/settings/keys", label: t("shell.keys"), icon: IconKey });
  places.push({ to: "/settings/credits", label: t("shell.credits"), icon: IconReceipt2 });
  places.push({ to: "/settings/profile", label: t("shell.settings"), icon: IconSettings });
  if (me.user.is_operator) places.push({ to: "/admin", label: t("admin.title"), icon: IconServer });
  return places;
}

/** Every page that can be searched for: those of the navigation, and each of the settings. */
export function useFindable(me: Me | null | undefined): Pick<Place, "to" | "label">[] {
  const { t } = useTranslation();
  const places = usePlaces();
  const own = useOwnPlaces(me);
  if (!me) return places;
  return [
    ...places,
    ...own,
    { to: "/settings/security", label: t("settings.security") },
    { to: "/settings/notifications", label: t("notifications.title") },
    { to: "/settings/workspaces", label: t("workspaces.title") },
    { to: "/settings/presets", label: t("presets.title") },
    { to: "/settings/guardrails", label: t("guardrails.title") },
    { to: "/settings/byok", label: t("byok.title") },
    { to: "/settings/privacy", label: t("privacy.title") },
    { to: "/settings/observability", label: t("observability.title") },
    { to: "/settings/organization", label: t("organization.title") },
  ];
}
