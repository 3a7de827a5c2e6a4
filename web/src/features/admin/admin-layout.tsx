/** The operators' pages: a list of them at the side. Who runs no server is told so. */
import { Container } from "@mantine/core";
import { Outlet } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Me } from "@/shared/api/session";
import { SideLayout } from "@/shared/ui/side-layout";
import { SignedIn } from "@/shared/ui/signed-in";
import { Empty } from "@/shared/ui/states";

export function AdminLayout() {
  return <SignedIn under="/admin">{(me) => <Admin me={me} />}</SignedIn>;
}

function Admin({ me }: { me: Me }) {
  const { t } = useTranslation();
  if (!me.user.is_operator) {
    return (
      <Container size="xl" w="100%" py="xl">
        <Empty isPage title={t("admin.operatorsOnly")}>
          {t("admin.operatorsOnlyBody")}
        </Empty>
      </Container>
    );
  }
  return (
    <SideLayout
      label={t("admin.title")}
      groups={[
        {
          label: t("admin.groups.server"),
          places: [
            { to: "/admin", label: t("admin.overview.title") },
            { to: "/admin/health", label: t("admin.health.title") },
            { to: "/admin/settings", label: t("system.title") },
          ],
        },
        {
          label: t("admin.groups.people"),
          places: [
            { to: "/admin/users", label: t("admin.users.title") },
            { to: "/admin/accounts", label: t("admin.accounts.title") },
            { to: "/admin/audit", label: t("admin.audit.title") },
          ],
        },
        {
          label: t("admin.groups.money"),
          places: [
            { to: "/admin/orders", label: t("money.orders.title") },
            { to: "/admin/vouchers", label: t("money.vouchers.title") },
            { to: "/admin/prices", label: t("prices.title") },
            { to: "/admin/margins", label: t("money.margins.title") },
            { to: "/admin/books", label: t("money.books.title") },
          ],
        },
        {
          label: t("admin.groups.catalogue"),
          places: [
            { to: "/admin/providers", label: t("admin.providers") },
            { to: "/admin/models", label: t("admin.catalog.models") },
            { to: "/admin/catalog", label: t("admin.catalog.title") },
            { to: "/admin/routing", label: t("admin.routing.title") },
          ],
        },
      ]}
    >
      <Outlet />
    </SideLayout>
  );
}
