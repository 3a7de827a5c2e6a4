/** Buying credits, by whichever way the operator has set up. The price is worked out by the server before one pays. */
import { Alert, Button, Chip, Group, NumberInput, Select, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import type { components } from "@/shared/api/schema";
import { formatUsd } from "@/shared/lib/format";
import { mailLanguage } from "@/shared/lib/mail-language";
import { FormFault } from "@/shared/ui/form-fault";
import { ordersQuery } from "./queries";

type Options = components["schemas"]["Options"];
const METHODS = ["card", "alipay", "wechat_pay", "bank_transfer"] as const;

export function Buy({ options }: { options: Options }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [credits, setCredits] = useState(options.presets[0] ?? options.minimum);
  const [at, setAt] = useState(0);
  const way = options.methods[at];
  const currency = way?.currency === "cny" ? "cny" : "usd";
  const quote = useQuery({
    queryKey: ["payments", "quote", credits, currency],
    queryFn: ({ signal }) =>
      taken(client.GET("/api/app/payments/quote", { params: { query: { credits, currency } }, signal })),
    enabled: Number(credits) > 0,
  });
  const buy = useMutation({
    mutationFn: () =>
      taken(
        client.POST("/api/app/payments/orders", {
          body: {
            credits,
            currency,
            method: way?.method ?? "",
            language: mailLanguage(),
            idempotency_key: crypto.randomUUID(),
          },
        }),
      ),
    onSuccess: async (order) => {
      if (order.url) window.location.assign(order.url);
      else await queries.invalidateQueries(ordersQuery);
    },
  });
  const name = (method: string) => {
    const known = METHODS.find((each) => each === method);
    return known ? t(`credits.methods.${known}`) : method;
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        buy.mutate();
      }}
    >
      <Stack gap="sm" maw={520}>
        <Chip.Group value={credits} onChange={(value) => setCredits(String(value))}>
          <Group gap={6}>
            {options.presets.map((preset) => (
              <Chip key={preset} value={preset} size="sm" variant="outline">
                {formatUsd(Number(preset))}
              </Chip>
            ))}
          </Group>
        </Chip.Group>
        <Group gap="sm" align="flex-end">
          <NumberInput
            label={t("credits.amount")}
            prefix="$"
            min={Number(options.minimum)}
            max={Number(options.maximum)}
            decimalScale={2}
            value={credits}
            onChange={(value) => setCredits(String(value))}
          />
          <Select
            label={t("credits.method")}
            allowDeselect={false}
            value={String(at)}
            data={options.methods.map((each, index) => ({
              value: String(index),
              label: `${name(each.method)} · ${each.currency.toUpperCase()}`,
            }))}
            onChange={(value) => setAt(Number(value ?? 0))}
          />
        </Group>
        <Text size="sm" c="dimmed" mih={20}>
          {quote.data &&
            t("credits.quote", {
              amount: `${quote.data.amount} ${quote.data.currency.toUpperCase()}`,
              fee: formatUsd(Number(quote.data.fee)),
            })}
        </Text>
        <FormFault error={buy.error ?? quote.error} />
        {buy.data?.instructions && (
          <Alert variant="light" title={t("credits.instructions")} style={{ whiteSpace: "pre-line" }}>
            {buy.data.instructions}
          </Alert>
        )}
        <Group>
          <Button type="submit" loading={buy.isPending} disabled={!quote.data}>
            {t("credits.buy")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
