/** A bank transfer has come: with its amount and the bank's own reference, the order is credited. */
import { Group, Stack, TextInput, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { SaveRow } from "@/shared/ui/save-row";
import { type BuyerOrder, buyersOrdersKey } from "./queries";

export function ConfirmTransfer({ order }: { order: BuyerOrder["order"] }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [amount, setAmount] = useState("");
  const [reference, setReference] = useState("");
  const confirm = useMutation({
    mutationFn: () =>
      taken(
        client.POST("/api/admin/payments/orders/{order_id}/confirm", {
          params: { path: { order_id: order.id } },
          body: {
            currency: order.currency === "cny" ? "cny" : "usd",
            amount: amount.trim(),
            reference: reference.trim(),
          },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: buyersOrdersKey }),
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        confirm.mutate();
      }}
    >
      <Stack gap="sm">
        <Title order={3}>{t("money.confirm.title")}</Title>
        <Group grow gap="sm" align="flex-end">
          <TextInput
            label={t("money.confirm.amount", { currency: order.currency.toUpperCase() })}
            placeholder={order.amount}
            inputMode="decimal"
            pattern="\d{1,9}(\.\d{1,2})?"
            required
            autoComplete="off"
            value={amount}
            onChange={(event) => setAmount(event.currentTarget.value)}
          />
          <TextInput
            label={t("money.confirm.reference")}
            required
            maxLength={100}
            autoComplete="off"
            value={reference}
            onChange={(event) => setReference(event.currentTarget.value)}
          />
        </Group>
        <SaveRow save={confirm} label={t("money.confirm.act")} />
      </Stack>
    </form>
  );
}
