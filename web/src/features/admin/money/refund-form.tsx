/** Paying back: how much, why, and what becomes of credits that were used already, said plainly before it is done. */
import { NumberInput, Radio, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { formatPaid, formatUsd } from "@/shared/lib/format";
import { SaveRow } from "@/shared/ui/save-row";
import { type BuyerOrder, buyersOrdersKey, type Policy } from "./queries";

const POLICIES = ["refuse", "rest", "debt"] as const;

export function RefundForm({
  order,
  left,
  policy,
}: {
  order: BuyerOrder["order"];
  left: number;
  policy: Policy;
}) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [credits, setCredits] = useState<number | string>("");
  const [reason, setReason] = useState("");
  const [chosen, setChosen] = useState<Policy>(policy);
  const refund = useMutation({
    mutationFn: () =>
      taken(
        client.POST("/api/admin/payments/orders/{order_id}/refund", {
          params: { path: { order_id: order.id } },
          body: {
            credits: credits === "" ? null : String(credits),
            reason: reason.trim(),
            if_spent: chosen,
          },
        }),
      ),
    onSuccess: () => {
      setCredits("");
      return queries.invalidateQueries({ queryKey: buyersOrdersKey });
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        refund.mutate();
      }}
    >
      <Stack gap="sm">
        <Title order={3}>{t("money.refund.title")}</Title>
        <Text size="sm" c="dimmed">
          {t("money.refund.lead")}
        </Text>
        <NumberInput
          label={t("money.refund.credits")}
          placeholder={t("money.refund.all", { amount: formatUsd(left) })}
          prefix="$"
          min={0.01}
          max={left}
          decimalScale={2}
          maw={260}
          value={credits}
          onChange={setCredits}
        />
        <Radio.Group
          label={t("money.refund.policy")}
          value={chosen}
          onChange={(value) => setChosen(POLICIES.find((each) => each === value) ?? policy)}
        >
          <Stack gap={8} mt={6}>
            {POLICIES.map((each) => (
              <Radio
                key={each}
                value={each}
                label={t(`money.refund.policies.${each}`)}
                description={each === policy ? t("money.refund.usual") : undefined}
              />
            ))}
          </Stack>
        </Radio.Group>
        <TextInput
          label={t("money.refund.reason")}
          maxLength={500}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <SaveRow
          save={refund}
          label={t("money.refund.act")}
          saved={
            refund.data && t("money.refund.done", { amount: formatPaid(refund.data.amount, order.currency) })
          }
        />
      </Stack>
    </form>
  );
}
