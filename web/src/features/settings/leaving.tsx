/** Handing an organisation over to another member, and leaving it. */
import { Button, Group, Select, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import type { Me } from "@/shared/api/session";
import { type Asked, Confirm } from "@/shared/ui/dialog";
import { FormFault } from "@/shared/ui/form-fault";
import { Loaded } from "@/shared/ui/loaded";
import { Section } from "@/shared/ui/section";
import { membersQuery } from "./organization-queries";
import { useGuarded } from "./prove-dialog";

export function Leaving({ me, name }: { me: Me; name: string }) {
  return me.role === "owner" ? <HandOver me={me} /> : <Leave name={name} />;
}

function HandOver({ me }: { me: Me }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const guarded = useGuarded();
  const members = useQuery(membersQuery);
  const [to, setTo] = useState<string | null>(null);
  const give = useMutation({
    mutationFn: () =>
      guarded(() => taken(client.POST("/api/app/organization/owner", { body: { user_id: to ?? "" } }))),
    onSuccess: () => queries.resetQueries(),
  });
  return (
    <Section title={t("organization.handOver")} lead={t("organization.handOverLead")}>
      <Loaded query={members} rows={1}>
        {(all) => {
          const others = all.filter(({ user_id }) => user_id !== me.user.id);
          if (others.length === 0) return <Text c="dimmed">{t("organization.nobodyElse")}</Text>;
          return (
            <form
              onSubmit={(event) => {
                event.preventDefault();
                give.mutate();
              }}
            >
              <Stack gap="sm" maw={420}>
                <Select
                  label={t("organization.newOwner")}
                  required
                  value={to}
                  data={others.map((each) => ({
                    value: each.user_id,
                    label: each.name ? `${each.name} (${each.email})` : each.email,
                  }))}
                  onChange={setTo}
                />
                <FormFault error={give.error} />
                <Group>
                  <Button type="submit" variant="default" disabled={!to} loading={give.isPending}>
                    {t("organization.handOverNow")}
                  </Button>
                </Group>
              </Stack>
            </form>
          );
        }}
      </Loaded>
    </Section>
  );
}

function Leave({ name }: { name: string }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [asked, setAsked] = useState<Asked | null>(null);
  return (
    <Section title={t("organization.leave")} lead={t("organization.leaveLead")}>
      <Group>
        <Button
          variant="default"
          onClick={() =>
            setAsked({
              title: t("organization.leaveTitle", { name }),
              body: t("organization.leaveBody"),
              act: t("organization.leave"),
              run: async () => {
                await taken(client.POST("/api/app/organization/leave"));
                await queries.resetQueries();
              },
            })
          }
        >
          {t("organization.leave")}
        </Button>
      </Group>
      <Confirm asked={asked} close={() => setAsked(null)} />
    </Section>
  );
}
