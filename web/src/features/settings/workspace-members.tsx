/** Who is in a workspace: in the default one everybody of the account, in another who was put there. */
import { Button, Group, MultiSelect, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { DataTable } from "@/shared/ui/data-table";
import { FormFault } from "@/shared/ui/form-fault";
import { Loaded } from "@/shared/ui/loaded";
import { Section } from "@/shared/ui/section";
import { type Member, membersQuery } from "./organization-queries";
import { type Workspace, workspaceMembersQuery } from "./workspace-queries";

export function WorkspaceMembers({ workspace, writes }: { workspace: Workspace; writes: boolean }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { id: ref, slug } = workspace;
  const everybody = useQuery(membersQuery);
  const members = useQuery(workspaceMembersQuery(slug));
  const [chosen, setChosen] = useState<string[]>([]);
  const isDefault = slug === "default";
  const settled = () => {
    setChosen([]);
    return queries.invalidateQueries(workspaceMembersQuery(slug));
  };
  const params = { path: { ref } };
  const add = useMutation({
    mutationFn: () =>
      taken(client.POST("/api/v1/workspaces/{ref}/members/add", { params, body: { user_ids: chosen } })),
    onSuccess: settled,
  });
  const remove = useMutation({
    mutationFn: (user_id: string) =>
      taken(
        client.POST("/api/v1/workspaces/{ref}/members/remove", { params, body: { user_ids: [user_id] } }),
      ),
    onSuccess: settled,
  });
  const people = new Map(everybody.data?.map((each) => [each.user_id, each]));
  const inside = new Set(members.data?.map(({ user_id }) => user_id));
  const outside = everybody.data?.filter(({ user_id }) => !inside.has(user_id)) ?? [];
  return (
    <Section
      title={t("organization.members")}
      lead={isDefault ? t("workspaces.everybody") : t("workspaces.membersLead")}
      wide
    >
      <Loaded query={members} rows={2}>
        {(rows) => (
          <DataTable
            rows={rows}
            keyOf={({ user_id }) => user_id}
            label={t("organization.members")}
            columns={[
              { label: t("common.name"), cell: ({ user_id }) => nameOf(people.get(user_id)) ?? user_id },
              {
                label: t("organization.role"),
                cell: ({ user_id, role }) => t(`organization.roles.${people.get(user_id)?.role ?? role}`),
              },
              {
                cell: ({ user_id }) =>
                  writes &&
                  !isDefault && (
                    <Button size="compact-sm" variant="default" onClick={() => remove.mutate(user_id)}>
                      {t("organization.remove")}
                    </Button>
                  ),
              },
            ]}
          />
        )}
      </Loaded>
      {writes && !isDefault && outside.length > 0 && (
        <Stack gap="sm" maw={560}>
          <Group gap="sm" align="flex-end">
            <MultiSelect
              label={t("workspaces.putIn")}
              flex="1 1 220px"
              value={chosen}
              data={outside.map((each) => ({ value: each.user_id, label: nameOf(each) ?? each.user_id }))}
              onChange={setChosen}
            />
            <Button
              variant="default"
              disabled={chosen.length === 0}
              loading={add.isPending}
              onClick={() => add.mutate()}
            >
              {t("workspaces.add")}
            </Button>
          </Group>
        </Stack>
      )}
      {writes && !isDefault && outside.length === 0 && everybody.data && (
        <Text size="sm" c="dimmed">
          {t("workspaces.allInside")}
        </Text>
      )}
      <FormFault error={add.error ?? remove.error} />
    </Section>
  );
}

function nameOf(member: Member | undefined): string | undefined {
  return member && (member.name ? `${member.name} (${member.email})` : member.email);
}
