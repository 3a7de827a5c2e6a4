/** Giving an account credits: how much, why, and whether they run out. */
import { Checkbox, Group, NumberInput, Stack, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { SaveRow } from "@/shared/ui/save-row";
import { accountQuery } from "./queries";

/** One for each grant, so that a second try of the same never gives twice. */
const newId = () => crypto.randomUUID();

export function GrantForm({ accountId }: { accountId: string }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [amount, setAmount] = useState<number | string>("");
  const [reason, setReason] = useState("");
  const [promotional, setPromotional] = useState(false);
  const [day, setDay] = useState("");
  const [once, setOnce] = useState(newId);
  const give = useMutation({
    mutationFn: () =>
      taken(
        client.POST("/api/admin/accounts/{account_id}/grants", {
          params: { path: { account_id: accountId } },
          body: {
            amount: String(amount),
            reason: reason.trim(),
            promotional,
            expires_at: promotional && day ? new Date(`${day}T23:59:59`).toISOString() : null,
            idempotency_key: once,
          },
        }),
      ),
    onSuccess: () => {
      setAmount("");
      setReason("");
      setOnce(newId());
      return queries.invalidateQueries(accountQuery(accountId));
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        give.mutate();
      }}
    >
      <Stack gap="sm" maw={460}>
        <Group grow gap="sm" align="flex-end">
          <NumberInput
            label={t("admin.accounts.amount")}
            prefix="$"
            min={0}
            decimalScale={6}
            required
            value={amount}
            onChange={setAmount}
          />
          <TextInput
            label={t("admin.accounts.reason")}
            required
            maxLength={200}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
        </Group>
        <Checkbox
          label={t("admin.accounts.promotional")}
          description={t("admin.accounts.promotionalNote")}
          checked={promotional}
          onChange={(event) => setPromotional(event.currentTarget.checked)}
        />
        {promotional && (
          <TextInput
            type="date"
            label={t("admin.accounts.expires")}
            value={day}
            onChange={(event) => setDay(event.currentTarget.value)}
          />
        )}
        <SaveRow save={give} label={t("admin.accounts.give")} saved={t("admin.accounts.given")} />
      </Stack>
    </form>
  );
}
