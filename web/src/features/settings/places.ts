/** The pages of the settings, in the order of their list; the palette finds them as well. */
import { useTranslation } from "react-i18next";
import type { SidePlace } from "@/shared/ui/side-layout";

export function useSettingsPlaces(): { account: SidePlace[]; you: SidePlace[] } {
  const { t } = useTranslation();
  return {
    account: [
      { to: "/settings/keys", label: t("shell.keys") },
      { to: "/settings/credits", label: t("shell.credits") },
      { to: "/settings/workspaces", label: t("workspaces.title") },
      { to: "/settings/presets", label: t("presets.title") },
      { to: "/settings/guardrails", label: t("guardrails.title") },
      { to: "/settings/byok", label: t("byok.title") },
      { to: "/settings/privacy", label: t("privacy.title") },
      { to: "/settings/observability", label: t("observability.title") },
      { to: "/settings/organization", label: t("organization.title") },
    ],
    you: [
      { to: "/settings/profile", label: t("settings.profile") },
      { to: "/settings/security", label: t("settings.security") },
      { to: "/settings/notifications", label: t("notifications.title") },
    ],
  };
}
