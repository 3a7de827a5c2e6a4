/** Who is invited to the organisation and has not come yet; inviting somebody, by mail or by a link handed over. */
import { Alert, Button, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { useMay } from "@/shared/api/session";
import { CopyIcon } from "@/shared/ui/copy";
import { DataTable } from "@/shared/ui/data-table";
import { FormFault } from "@/shared/ui/form-fault";
import { Loaded } from "@/shared/ui/loaded";
import { Section } from "@/shared/ui/section";
import { When } from "@/shared/ui/time";
import { type Given, givenRole, invitationsQuery, ROLES } from "./organization-queries";

export function Invitations() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const may = useMay();
  const invitations = useQuery(invitationsQuery);
  const takeBack = useMutation({
    mutationFn: (invitation_id: string) =>
      taken(client.DELETE("/api/app/invitations/{invitation_id}", { params: { path: { invitation_id } } })),
    onSettled: () => queries.invalidateQueries(invitationsQuery),
  });
  return (
    <Section title={t("organization.invitations")} lead={t("organization.invitationsLead")} wide>
      <Loaded query={invitations} rows={1}>
        {(rows) =>
          rows.length === 0 ? (
            <Text c="dimmed">{t("organization.noInvitations")}</Text>
          ) : (
            <DataTable
              rows={rows}
              keyOf={({ id }) => id}
              label={t("organization.invitations")}
              columns={[
                { label: t("organization.email"), cell: ({ email }) => email },
                {
                  label: t("organization.role"),
                  cell: ({ role }) => (role ? t(`organization.roles.${role}`) : "—"),
                },
                { label: t("organization.until"), cell: ({ expires_at }) => <When at={expires_at} /> },
                {
                  cell: ({ id }) =>
                    may("members:write") && (
                      <Button size="compact-sm" variant="default" onClick={() => takeBack.mutate(id)}>
                        {t("organization.takeBack")}
                      </Button>
                    ),
                },
              ]}
            />
          )
        }
      </Loaded>
      <FormFault error={takeBack.error} />
      {may("members:write") && <Invite />}
    </Section>
  );
}

function Invite() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Given>("member");
  const invite = useMutation({
    mutationFn: () => taken(client.POST("/api/app/invitations", { body: { email: email.trim(), role } })),
    onSuccess: () => {
      setEmail("");
      return queries.invalidateQueries(invitationsQuery);
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        invite.mutate();
      }}
    >
      <Stack gap="sm" maw={560}>
        <Group gap="sm" align="flex-end">
          <TextInput
            label={t("organization.inviteEmail")}
            type="email"
            required
            flex="1 1 220px"
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
          <Select
            label={t("organization.role")}
            w={170}
            allowDeselect={false}
            value={role}
            data={ROLES.map((value) => ({ value, label: t(`organization.roles.${value}`) }))}
            onChange={(value) => setRole(givenRole(value))}
          />
          <Button type="submit" loading={invite.isPending}>
            {t("organization.invite")}
          </Button>
        </Group>
        <FormFault error={invite.error} />
        {invite.data?.link && (
          <Alert variant="light" role="status">
            <Text size="sm">{t("organization.invited", { email: invite.data.email })}</Text>
            <Group gap={4} wrap="nowrap">
              <code className="mp-mono">{invite.data.link}</code>
              <CopyIcon value={invite.data.link} what={t("organization.theLink")} />
            </Group>
          </Alert>
        )}
      </Stack>
    </form>
  );
}
