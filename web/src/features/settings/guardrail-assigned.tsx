/** Whom a guardrail applies to: keys and members, put to it and taken from it. */
import { Button, Group, MultiSelect, Stack } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { useMay } from "@/shared/api/session";
import { FormFault } from "@/shared/ui/form-fault";
import { Loaded } from "@/shared/ui/loaded";
import { Section } from "@/shared/ui/section";
import { assignedQuery, keyNamesQuery } from "./guardrail-queries";
import { membersQuery } from "./organization-queries";

interface Who {
  keys: string[];
  members: string[];
}

export function Assigned({ id }: { id: string }) {
  const { t } = useTranslation();
  const assigned = useQuery(assignedQuery(id));
  return (
    <Section title={t("guardrails.assigned")} lead={t("guardrails.assignedLead")}>
      <Loaded query={assigned} rows={2}>
        {(found) => <Form key={JSON.stringify(found)} id={id} before={found} />}
      </Loaded>
    </Section>
  );
}

function Form({ id, before }: { id: string; before: Who }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const may = useMay();
  const keys = useQuery(keyNamesQuery);
  const members = useQuery(membersQuery);
  const [who, setWho] = useState(before);
  const params = { path: { guardrail_id: id } };
  const save = useMutation({
    mutationFn: async () => {
      const more = (now: string[], then: string[]) => now.filter((each) => !then.includes(each));
      const changes = [
        [more(who.keys, before.keys), "/api/v1/guardrails/{guardrail_id}/assignments/keys"],
        [more(before.keys, who.keys), "/api/v1/guardrails/{guardrail_id}/assignments/keys/remove"],
      ] as const;
      for (const [key_hashes, path] of changes) {
        if (key_hashes.length) await taken(client.POST(path, { params, body: { key_hashes } }));
      }
      const others = [
        [more(who.members, before.members), "/api/v1/guardrails/{guardrail_id}/assignments/members"],
        [more(before.members, who.members), "/api/v1/guardrails/{guardrail_id}/assignments/members/remove"],
      ] as const;
      for (const [member_user_ids, path] of others) {
        if (member_user_ids.length) await taken(client.POST(path, { params, body: { member_user_ids } }));
      }
    },
    onSettled: () => queries.invalidateQueries(assignedQuery(id)),
  });
  const isChanged = JSON.stringify(who) !== JSON.stringify(before);
  return (
    <Stack gap="sm">
      <MultiSelect
        label={t("shell.keys")}
        searchable
        disabled={!may("guardrails:write")}
        value={who.keys}
        data={keys.data ?? []}
        onChange={(value) => setWho({ ...who, keys: value })}
      />
      <MultiSelect
        label={t("organization.members")}
        searchable
        disabled={!may("guardrails:write")}
        value={who.members}
        data={members.data?.map((each) => ({ value: each.user_id, label: each.name || each.email })) ?? []}
        onChange={(value) => setWho({ ...who, members: value })}
      />
      <FormFault error={save.error ?? keys.error ?? members.error} />
      <Group>
        <Button
          variant="default"
          disabled={!isChanged}
          loading={save.isPending}
          onClick={() => save.mutate()}
        >
          {t("guardrails.assign")}
        </Button>
      </Group>
    </Stack>
  );
}
