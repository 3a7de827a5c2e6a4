/** Who may sign up here by invitation: those who have not yet, and inviting somebody. */
import { Alert, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { CopyIcon } from "@/shared/ui/copy";
import { DataTable } from "@/shared/ui/data-table";
import { FormFault } from "@/shared/ui/form-fault";
import { Loaded } from "@/shared/ui/loaded";
import { Section } from "@/shared/ui/section";
import { When } from "@/shared/ui/time";

const invitedQuery = queryOptions({
  queryKey: ["admin", "server-invitations"],
  queryFn: async ({ signal }) => (await taken(client.GET("/api/app/server-invitations", { signal }))).data,
});

export function ServerInvitations() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const invited = useQuery(invitedQuery);
  const [email, setEmail] = useState("");
  const changed = () => queries.invalidateQueries(invitedQuery);
  const invite = useMutation({
    mutationFn: () => taken(client.POST("/api/app/server-invitations", { body: { email: email.trim() } })),
    onSuccess: () => {
      setEmail("");
      return changed();
    },
  });
  const takeBack = useMutation({
    mutationFn: (invitation_id: string) =>
      taken(
        client.DELETE("/api/app/server-invitations/{invitation_id}", {
          params: { path: { invitation_id } },
        }),
      ),
    onSettled: changed,
  });
  return (
    <Section title={t("organization.invitations")} lead={t("admin.users.invitationsLead")} wide>
      <Loaded query={invited} rows={1}>
        {(rows) =>
          rows.length > 0 && (
            <DataTable
              rows={rows}
              keyOf={({ id }) => id}
              label={t("organization.invitations")}
              columns={[
                { label: t("organization.email"), cell: (each) => each.email },
                { label: t("organization.until"), cell: ({ expires_at }) => <When at={expires_at} /> },
                {
                  cell: ({ id }) => (
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
            <Button type="submit" variant="default" loading={invite.isPending}>
              {t("organization.invite")}
            </Button>
          </Group>
          <FormFault error={invite.error ?? takeBack.error} />
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
    </Section>
  );
}
