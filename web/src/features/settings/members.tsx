/** Who is in an organisation, in which role; another role, and putting somebody out. */
import { Badge, Button, Select, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { type Me, useMay } from "@/shared/api/session";
import { DataTable } from "@/shared/ui/data-table";
import { type Asked, Confirm } from "@/shared/ui/dialog";
import { FormFault } from "@/shared/ui/form-fault";
import { Loaded } from "@/shared/ui/loaded";
import { Section } from "@/shared/ui/section";
import { When } from "@/shared/ui/time";
import { type Given, givenRole, type Member, membersQuery, ROLES } from "./organization-queries";

export function Members({ me }: { me: Me }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const may = useMay();
  const members = useQuery(membersQuery);
  const [asked, setAsked] = useState<Asked | null>(null);
  const changed = () => queries.invalidateQueries(membersQuery);
  const change = useMutation({
    mutationFn: ({ user_id, role }: { user_id: string; role: Given }) =>
      taken(client.PATCH("/api/app/members/{user_id}", { params: { path: { user_id } }, body: { role } })),
    onSettled: changed,
  });
  const remove = ({ user_id, name, email }: Member) =>
    setAsked({
      title: t("organization.removeTitle"),
      body: t("organization.removeBody", { name: name || email }),
      act: t("organization.remove"),
      run: async () => {
        await taken(client.DELETE("/api/app/members/{user_id}", { params: { path: { user_id } } }));
        await changed();
      },
    });
  const mine = (member: Member) => member.user_id === me.user.id;
  return (
    <Section title={t("organization.members")} lead={t("organization.membersLead")} wide>
      <Loaded query={members} rows={3}>
        {(rows) => (
          <DataTable
            rows={rows}
            keyOf={({ user_id }) => user_id}
            label={t("organization.members")}
            columns={[
              {
                label: t("common.name"),
                cell: (member) => (
                  <div>
                    <Text fw={550}>
                      {member.name || member.email} {mine(member) && <Badge>{t("organization.me")}</Badge>}
                    </Text>
                    {member.name && (
                      <Text size="xs" c="dimmed">
                        {member.email}
                      </Text>
                    )}
                  </div>
                ),
              },
              {
                label: t("organization.role"),
                cell: (member) =>
                  may("members:write") && member.role !== "owner" && !mine(member) ? (
                    <Select
                      size="xs"
                      w={170}
                      aria-label={t("organization.roleOf", { name: member.name || member.email })}
                      allowDeselect={false}
                      value={member.role}
                      data={ROLES.map((value) => ({ value, label: t(`organization.roles.${value}`) }))}
                      onChange={(role) => change.mutate({ user_id: member.user_id, role: givenRole(role) })}
                    />
                  ) : (
                    t(`organization.roles.${member.role}`)
                  ),
              },
              { label: t("organization.since"), cell: ({ created_at }) => <When at={created_at} /> },
              {
                cell: (member) =>
                  may("members:write") &&
                  member.role !== "owner" &&
                  !mine(member) && (
                    <Button size="compact-sm" variant="default" onClick={() => remove(member)}>
                      {t("organization.remove")}
                    </Button>
                  ),
              },
            ]}
          />
        )}
      </Loaded>
      <FormFault error={change.error} />
      <Text size="sm" c="dimmed">
        {t("organization.rolesNote")}
      </Text>
      <Confirm asked={asked} close={() => setAsked(null)} />
    </Section>
  );
}
