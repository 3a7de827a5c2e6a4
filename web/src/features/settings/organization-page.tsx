/** `/settings/organization`: the account looked at, who is in it, who is invited; and the other accounts one is in. */
import { Badge, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { accountOf, type Me, meQuery, useMay, useMe } from "@/shared/api/session";
import { usePageTitle } from "@/shared/lib/page-title";
import { DataTable } from "@/shared/ui/data-table";
import { FormFault } from "@/shared/ui/form-fault";
import { SaveRow } from "@/shared/ui/save-row";
import { Section } from "@/shared/ui/section";
import { PageTitle } from "@/shared/ui/states";
import { Invitations } from "./invitations";
import { Leaving } from "./leaving";
import { Members } from "./members";

export function OrganizationPage() {
  const { t } = useTranslation();
  usePageTitle(t("organization.title"));
  const me = useMe();
  const may = useMay();
  if (!me) return null;
  const account = accountOf(me);
  const shared = account?.kind === "organization";
  return (
    <>
      <PageTitle title={shared ? account.name : t("organization.title")}>
        {shared ? t("organization.lead") : t("organization.personalLead")}
      </PageTitle>
      <Stack gap={40}>
        {shared && <Members me={me} />}
        {shared && may("members:read") && <Invitations />}
        {shared && may("settings:write") && <Rename key={account.id} name={account.name} />}
        <Accounts me={me} />
        {shared && <Leaving me={me} name={account.name} />}
      </Stack>
    </>
  );
}

function Rename({ name: before }: { name: string }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [name, setName] = useState(before);
  const save = useMutation({
    mutationFn: () => taken(client.PATCH("/api/app/organization", { body: { name: name.trim() } })),
    onSuccess: () => queries.invalidateQueries(meQuery),
  });
  return (
    <Section title={t("organization.rename")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <Stack gap="sm" maw={420}>
          <TextInput
            label={t("common.name")}
            required
            maxLength={100}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <SaveRow save={save} />
        </Stack>
      </form>
    </Section>
  );
}

function Accounts({ me }: { me: Me }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const look = useMutation({
    mutationFn: (account_id: string) => taken(client.POST("/api/app/me/account", { body: { account_id } })),
    onSuccess: () => queries.resetQueries(),
  });
  const create = useMutation({
    mutationFn: () => taken(client.POST("/api/app/organizations", { body: { name: name.trim() } })),
    onSuccess: ({ account_id }) => {
      setName("");
      look.mutate(account_id);
    },
  });
  return (
    <Section title={t("organization.accounts")} lead={t("organization.accountsLead")}>
      <DataTable
        rows={me.accounts}
        keyOf={({ id }) => id}
        label={t("organization.accounts")}
        columns={[
          {
            label: t("common.name"),
            cell: (account) => (
              <Group gap={8}>
                <Text fw={550}>{account.name}</Text>
                {account.suspended && <Badge color="red">{t("organization.suspended")}</Badge>}
              </Group>
            ),
          },
          { label: t("organization.kind"), cell: ({ kind }) => t(`organization.kinds.${kind}`) },
          { label: t("organization.role"), cell: ({ role }) => t(`organization.roles.${role}`) },
          {
            cell: (account) =>
              account.id === me.account_id ? (
                <Badge>{t("organization.here")}</Badge>
              ) : (
                <Button
                  size="compact-sm"
                  variant="default"
                  disabled={account.suspended || look.isPending}
                  onClick={() => look.mutate(account.id)}
                >
                  {t("organization.switch")}
                </Button>
              ),
          },
        ]}
      />
      <FormFault error={look.error} />
      <form
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate();
        }}
      >
        <Stack gap="sm" maw={420}>
          <TextInput
            label={t("organization.newName")}
            description={t("organization.newLead")}
            required
            maxLength={100}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <FormFault error={create.error} />
          <Group>
            <Button type="submit" variant="default" loading={create.isPending || look.isPending}>
              {t("organization.create")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Section>
  );
}
