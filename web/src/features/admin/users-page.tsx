/** `/admin/users`: everybody who has an account here, found by address, name or id; and who is invited. */
import { Badge, Group, Stack, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { usePageTitle } from "@/shared/lib/page-title";
import { Breakable } from "@/shared/ui/breakable";
import { DataTable } from "@/shared/ui/data-table";
import { FindField } from "@/shared/ui/find-field";
import { LinkAnchor } from "@/shared/ui/links";
import { Paged } from "@/shared/ui/paged";
import { Empty, PageTitle } from "@/shared/ui/states";
import { When } from "@/shared/ui/time";
import { type UserData, usersQuery } from "./queries";
import { ServerInvitations } from "./server-invitations";

const route = getRouteApi("/admin/users");

export function UsersPage() {
  const { t } = useTranslation();
  usePageTitle(t("admin.users.title"));
  const { q = "" } = route.useSearch();
  const navigate = route.useNavigate();
  const users = useInfiniteQuery(usersQuery(q));
  return (
    <Stack gap={40}>
      <div>
        <PageTitle title={t("admin.users.title")}>{t("admin.users.lead")}</PageTitle>
        <FindField
          label={t("admin.users.find")}
          value={q}
          find={(words) => void navigate({ search: words ? { q: words } : {}, replace: true })}
        />
        <Paged
          query={users}
          rowsOf={({ data }) => data}
          empty={<Empty title={t("admin.users.none")}>{t("admin.users.noneBody")}</Empty>}
        >
          {(rows) => (
            <DataTable
              rows={rows}
              keyOf={({ id }) => id}
              label={t("admin.users.title")}
              columns={[
                {
                  label: t("admin.users.person"),
                  cell: (user) => (
                    <div>
                      <LinkAnchor to="/admin/users/$id" params={{ id: user.id }} fw={550}>
                        <Breakable id={user.name || user.email} />
                      </LinkAnchor>
                      {user.name && (
                        <Text size="xs" c="dimmed">
                          <Breakable id={user.email} />
                        </Text>
                      )}
                    </div>
                  ),
                },
                { label: t("common.state"), cell: (user) => <UserBadges user={user} /> },
                { label: t("admin.users.since"), cell: ({ created_at }) => <When at={created_at} /> },
              ]}
            />
          )}
        </Paged>
      </div>
      <ServerInvitations />
    </Stack>
  );
}

export function UserBadges({ user }: { user: UserData }) {
  const { t } = useTranslation();
  return (
    <Group gap={6} component="span">
      <Badge color={user.suspended ? "red" : "tide"}>
        {user.suspended ? t("admin.users.suspended") : t("admin.users.active")}
      </Badge>
      {user.is_operator && <Badge color="gray">{t("admin.users.operator")}</Badge>}
      {!user.is_verified && <Badge color="gray">{t("admin.users.unverified")}</Badge>}
    </Group>
  );
}
