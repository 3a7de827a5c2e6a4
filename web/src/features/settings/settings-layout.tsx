/** The pages of an account and of the person in it. */
import { Outlet } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { accountOf, type Me } from "@/shared/api/session";
import { SideLayout } from "@/shared/ui/side-layout";
import { SignedIn } from "@/shared/ui/signed-in";
import { ProveDialog } from "./prove-dialog";

export function SettingsLayout() {
  return <SignedIn under="/settings">{(me) => <Settings me={me} />}</SignedIn>;
}

function Settings({ me }: { me: Me }) {
  const { t } = useTranslation();
  const account = accountOf(me);
  return (
    <SideLayout
      label={t("shell.settings")}
      groups={[
        {
          label: account?.kind === "organization" ? account.name : t("settings.ownAccount"),
          places: [
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
        },
        {
          label: t("settings.you"),
          places: [
            { to: "/settings/profile", label: t("settings.profile") },
            { to: "/settings/security", label: t("settings.security") },
            { to: "/settings/notifications", label: t("notifications.title") },
          ],
        },
      ]}
    >
      <ProveDialog>
        <Outlet />
      </ProveDialog>
    </SideLayout>
  );
}
