/** The group that price rules know an account by. */
import { Autocomplete, Stack } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { SaveRow } from "@/shared/ui/save-row";
import { groupsQuery, pricingKey } from "./money/price-queries";
import { type AccountAnswer, accountQuery } from "./queries";

export function AccountGroup({ answer }: { answer: AccountAnswer }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const groups = useQuery(groupsQuery);
  const account_id = answer.data.id;
  const [group, setGroup] = useState(answer.group ?? "");
  const save = useMutation({
    mutationFn: () =>
      taken(
        client.PUT("/api/admin/accounts/{account_id}/group", {
          params: { path: { account_id } },
          body: { group: group.trim() || null },
        }),
      ),
    onSuccess: async () => {
      void queries.invalidateQueries({ queryKey: pricingKey });
      await queries.invalidateQueries(accountQuery(account_id));
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Stack gap="sm" maw={320}>
        <Autocomplete
          label={t("prices.group")}
          description={t("prices.accountGroupNote")}
          maxLength={60}
          data={(groups.data ?? []).map(({ name }) => name)}
          value={group}
          onChange={setGroup}
        />
        <SaveRow save={save} disabled={group.trim() === (answer.group ?? "")} />
      </Stack>
    </form>
  );
}
