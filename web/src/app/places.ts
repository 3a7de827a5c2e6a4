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
import { useSettingsPlaces } from "@/features/settings/places";
import type { Me } from "@/shared/api/session";
import type { SidePlace } from "@/shared/ui/side-layout";

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
export function useFindable(me: Me | null | undefined): SidePlace[] {
  const { t } = useTranslation();
  const places: SidePlace[] = [...usePlaces(), { to: "/apps", label: t("apps.title") }];
  const own = useOwnPlaces(me);
  const settings = useSettingsPlaces();
  if (!me) return places;
  const there = new Set<string>(own.map(({ to }) => to));
  return [...places, ...own, ...[...settings.account, ...settings.you].filter(({ to }) => !there.has(to))];
}
