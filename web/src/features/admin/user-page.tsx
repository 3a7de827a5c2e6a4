/** `/admin/users/{id}`: a person, what they are in, and what an operator may do about them. */
import { Badge, Button, Group, Stack, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { useMe } from "@/shared/api/session";
import { usePageTitle } from "@/shared/lib/page-title";
import { CopyableId } from "@/shared/ui/copy";
import { DataTable } from "@/shared/ui/data-table";
import { type Asked, Confirm } from "@/shared/ui/dialog";
import { Facts } from "@/shared/ui/facts";
import { LinkAnchor } from "@/shared/ui/links";
import { Loaded } from "@/shared/ui/loaded";
import { Section } from "@/shared/ui/section";
import { PageTitle } from "@/shared/ui/states";
import { When } from "@/shared/ui/time";
import { type UserData, userQuery } from "./queries";
import { UserBadges } from "./users-page";

const route = getRouteApi("/admin/users/$id");

export function UserPage() {
  const { t } = useTranslation();
  const { id } = route.useParams();
  const user = useQuery(userQuery(id));
  usePageTitle(user.data?.data.email ?? t("admin.users.title"));
  return (
    <Loaded query={user}>
      {({ data, accounts }) => (
        <>
          <PageTitle title={data.name || data.email}>
            <UserBadges user={data} />
          </PageTitle>
          <Stack gap={40}>
            <Facts
              facts={[
                [t("organization.email"), data.email],
                [t("admin.id"), <CopyableId key="id" id={data.id} what={t("admin.theId")} />],
                [t("admin.users.since"), <When key="since" at={data.created_at} />],
                [
                  t("admin.users.trail"),
                  <Group key="trail" gap="md">
                    <LinkAnchor to="/admin/audit" search={{ user: data.id }}>
                      {t("admin.users.trailBy")}
                    </LinkAnchor>
                    <LinkAnchor to="/admin/audit" search={{ subject: data.id }}>
                      {t("admin.users.trailOf")}
                    </LinkAnchor>
                  </Group>,
                ],
              ]}
            />
            <Section title={t("admin.accounts.title")} wide>
              <DataTable
                rows={accounts}
                keyOf={({ account_id }) => account_id}
                label={t("admin.accounts.title")}
                columns={[
                  {
                    label: t("common.name"),
                    cell: (account) => (
                      <Group gap={8}>
                        <LinkAnchor to="/admin/accounts/$id" params={{ id: account.account_id }} fw={550}>
                          {account.name}
                        </LinkAnchor>
                        {account.suspended && <Badge color="red">{t("admin.users.suspended")}</Badge>}
                      </Group>
                    ),
                  },
                  {
                    label: t("organization.kind"),
                    cell: ({ kind }) =>
                      t(`organization.kinds.${kind === "organization" ? "organization" : "personal"}`),
                  },
                  { label: t("organization.role"), cell: ({ role }) => t(`organization.roles.${role}`) },
                ]}
              />
            </Section>
            <Acts user={data} />
          </Stack>
        </>
      )}
    </Loaded>
  );
}

function Acts({ user }: { user: UserData }) {
  const { t } = useTranslation();
  const me = useMe();
  const acts = useActs(user);
  const [asked, setAsked] = useState<Asked | null>(null);
  if (me?.user.id === user.id) return <Text c="dimmed">{t("admin.users.yourself")}</Text>;
  const buttons = [acts.visit, acts.suspend, acts.promote, acts.erase];
  return (
    <Section title={t("admin.users.acts")}>
      <Group gap="sm">
        {buttons.map((act) => (
          <Button
            key={act.act}
            variant="default"
            disabled={act === acts.visit && user.suspended}
            onClick={() => setAsked(act)}
          >
            {act.act}
          </Button>
        ))}
      </Group>
      <Confirm asked={asked} close={() => setAsked(null)} />
    </Section>
  );
}

function useActs(user: UserData): Record<"visit" | "suspend" | "promote" | "erase", Asked> {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const name = user.name || user.email;
  const path = { user_id: user.id };
  const change = async (body: { suspended?: boolean; is_operator?: boolean }) => {
    await taken(client.PATCH("/api/admin/users/{user_id}", { params: { path }, body }));
    await queries.invalidateQueries({ queryKey: ["admin"] });
  };
  return {
    visit: {
      title: t("admin.users.visitTitle", { name }),
      body: t("admin.users.visitBody"),
      act: t("admin.users.visit"),
      harmless: true,
      run: async () => {
        await taken(client.POST("/api/admin/users/{user_id}/visit", { params: { path } }));
        await navigate({ to: "/settings/keys" });
        await queries.resetQueries();
      },
    },
    suspend: {
      title: t(user.suspended ? "admin.users.restoreTitle" : "admin.users.suspendTitle", { name }),
      body: t(user.suspended ? "admin.users.restoreBody" : "admin.users.suspendBody"),
      act: t(user.suspended ? "admin.users.restore" : "admin.users.suspend"),
      harmless: user.suspended,
      run: () => change({ suspended: !user.suspended }),
    },
    promote: {
      title: t(user.is_operator ? "admin.users.demoteTitle" : "admin.users.promoteTitle", { name }),
      body: t(user.is_operator ? "admin.users.demoteBody" : "admin.users.promoteBody"),
      act: t(user.is_operator ? "admin.users.demote" : "admin.users.promote"),
      run: () => change({ is_operator: !user.is_operator }),
    },
    erase: {
      title: t("admin.users.eraseTitle", { name }),
      body: t("admin.users.eraseBody"),
      act: t("admin.users.erase"),
      name: user.email,
      run: async () => {
        await taken(client.DELETE("/api/admin/users/{user_id}", { params: { path } }));
        await navigate({ to: "/admin/users" });
        await queries.invalidateQueries({ queryKey: ["admin"] });
      },
    },
  };
}
