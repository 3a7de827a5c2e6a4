/** The pages of an account and of the person in it. */
import { Outlet } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { accountOf, type Me } from "@/shared/api/session";
import { SideLayout } from "@/shared/ui/side-layout";
import { SignedIn } from "@/shared/ui/signed-in";
import { useSettingsPlaces } from "./places";
import { ProveDialog } from "./prove-dialog";

export function SettingsLayout() {
  return <SignedIn under="/settings">{(me) => <Settings me={me} />}</SignedIn>;
}

function Settings({ me }: { me: Me }) {
  const { t } = useTranslation();
  const places = useSettingsPlaces();
  const account = accountOf(me);
  return (
    <SideLayout
      label={t("shell.settings")}
      groups={[
        {
          label: account?.kind === "organization" ? account.name : t("settings.ownAccount"),
          places: places.account,
        },
        {
          label: t("settings.you"),
          places: places.you,
        },
      ]}
    >
      <ProveDialog>
        <Outlet />
      </ProveDialog>
    </SideLayout>
  );
}
