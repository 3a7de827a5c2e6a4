/** `/admin/accounts/{id}`: an account's credits and members; giving credits, suspending it. */
import { Badge, Button, Group, Select, Stack } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { useMe } from "@/shared/api/session";
import { formatUsd } from "@/shared/lib/format";
import { usePageTitle } from "@/shared/lib/page-title";
import { CopyableId } from "@/shared/ui/copy";
import { DataTable } from "@/shared/ui/data-table";
import { type Asked, Confirm } from "@/shared/ui/dialog";
import { Facts } from "@/shared/ui/facts";
import { FormFault } from "@/shared/ui/form-fault";
import { LinkAnchor } from "@/shared/ui/links";
import { Loaded } from "@/shared/ui/loaded";
import { Section } from "@/shared/ui/section";
import { PageTitle } from "@/shared/ui/states";
import { When } from "@/shared/ui/time";
import { AccountGroup } from "./account-group";
import { GrantForm } from "./grant-form";
import { PersonLink } from "./person-link";
import { type AccountAnswer, type AccountData, accountQuery } from "./queries";

const ROLES = ["admin", "member", "billing", "read-only"] as const;
const route = getRouteApi("/admin/accounts/$id");

export function AccountPage() {
  const { t } = useTranslation();
  const { id } = route.useParams();
  const account = useQuery(accountQuery(id));
  usePageTitle(account.data?.data.name ?? t("admin.accounts.title"));
  return (
    <Loaded query={account}>
      {(answer) => (
        <>
          <PageTitle title={answer.data.name}>
            <Badge color={answer.data.suspended ? "red" : "tide"}>
              {answer.data.suspended ? t("admin.users.suspended") : t("admin.users.active")}
            </Badge>
          </PageTitle>
          <Stack gap={40}>
            <Facts
              facts={[
                [t("admin.id"), <CopyableId key="id" id={id} what={t("admin.theId")} />],
                [t("admin.users.since"), <When key="since" at={answer.data.created_at} />],
                [t("credits.balance"), formatUsd(Number(answer.total_credits) - Number(answer.total_usage))],
                [t("credits.added"), formatUsd(Number(answer.total_credits))],
                [t("credits.used"), formatUsd(Number(answer.total_usage))],
                [
                  t("admin.users.trail"),
                  <LinkAnchor key="trail" to="/admin/audit" search={{ account: id }}>
                    {t("admin.users.trailOf")}
                  </LinkAnchor>,
                ],
              ]}
            />
            <Section title={t("admin.accounts.grant")} lead={t("admin.accounts.grantLead")}>
              <GrantForm accountId={id} />
            </Section>
            <Section title={t("prices.group")}>
              <AccountGroup answer={answer} />
            </Section>
            <MembersOf answer={answer} />
            <Suspend account={answer.data} />
          </Stack>
        </>
      )}
    </Loaded>
  );
}

function MembersOf({ answer }: { answer: AccountAnswer }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const id = answer.data.id;
  const change = useMutation({
    mutationFn: ({ user_id, role }: { user_id: string; role: (typeof ROLES)[number] }) =>
      taken(
        client.PUT("/api/admin/accounts/{account_id}/members/{user_id}", {
          params: { path: { account_id: id, user_id } },
          body: { role },
        }),
      ),
    onSettled: () => queries.invalidateQueries(accountQuery(id)),
  });
  return (
    <Section title={t("organization.members")} wide>
      <DataTable
        rows={Object.entries(answer.members)}
        keyOf={([user_id]) => user_id}
        label={t("organization.members")}
        columns={[
          { label: t("admin.users.person"), cell: ([user_id]) => <PersonLink id={user_id} /> },
          {
            label: t("organization.role"),
            cell: ([user_id, role]) =>
              role === "owner" ? (
                t("organization.roles.owner")
              ) : (
                <Select
                  size="xs"
                  w={170}
                  aria-label={t("organization.roleOf", { name: user_id })}
                  allowDeselect={false}
                  value={role}
                  data={ROLES.map((value) => ({ value, label: t(`organization.roles.${value}`) }))}
                  onChange={(value) =>
                    change.mutate({ user_id, role: ROLES.find((each) => each === value) ?? "member" })
                  }
                />
              ),
          },
        ]}
      />
      <FormFault error={change.error} />
    </Section>
  );
}

function Suspend({ account }: { account: AccountData }) {
  const { t } = useTranslation();
  const me = useMe();
  const queries = useQueryClient();
  const [asked, setAsked] = useState<Asked | null>(null);
  const { id, name, suspended } = account;
  if (me?.account_id === id) return null;
  const act = t(suspended ? "admin.users.restore" : "admin.users.suspend");
  return (
    <Section title={t("admin.users.acts")}>
      <Group>
        <Button
          variant="default"
          onClick={() =>
            setAsked({
              title: t(suspended ? "admin.users.restoreTitle" : "admin.users.suspendTitle", { name }),
              body: t(suspended ? "admin.users.restoreBody" : "admin.accounts.suspendBody"),
              act,
              harmless: suspended,
              run: async () => {
                await taken(
                  client.PATCH("/api/admin/accounts/{account_id}", {
                    params: { path: { account_id: id } },
                    body: { suspended: !suspended },
                  }),
                );
                await queries.invalidateQueries({ queryKey: ["admin"] });
              },
            })
          }
        >
          {act}
        </Button>
      </Group>
      <Confirm asked={asked} close={() => setAsked(null)} />
    </Section>
  );
}
