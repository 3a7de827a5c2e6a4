/** Buying credits, by whichever way the operator has set up. The price is worked out by the server before one pays. */
import { Alert, Button, Chip, Group, NumberInput, Select, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { formatPaid, formatUsd } from "@/shared/lib/format";
import { mailLanguage } from "@/shared/lib/mail-language";
import { FormFault } from "@/shared/ui/form-fault";
import { type Options, ordersQuery } from "./queries";
import { useMoneyWords } from "./words";

export function Buy({ options }: { options: Options }) {
  const { t } = useTranslation();
  const words = useMoneyWords();
  const queries = useQueryClient();
  const [credits, setCredits] = useState(options.presets[0] ?? options.minimum);
  const [at, setAt] = useState(0);
  // Two processors may take the same method: the first that is set up is asked.
  const ways = options.methods.filter(
    (way, index) =>
      options.methods.findIndex((one) => one.method === way.method && one.currency === way.currency) ===
      index,
  );
  const way = ways[at];
  const currency = way?.currency === "cny" ? "cny" : "usd";
  const inside = Number(credits) >= Number(options.minimum) && Number(credits) <= Number(options.maximum);
  const quote = useQuery({
    queryKey: ["payments", "quote", credits, currency],
    queryFn: ({ signal }) =>
      taken(client.GET("/api/app/payments/quote", { params: { query: { credits, currency } }, signal })),
    enabled: inside,
    placeholderData: (before) => before,
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
      else await queries.invalidateQueries({ queryKey: ordersQuery.queryKey });
    },
  });
  const range = t("credits.range", {
    least: formatUsd(Number(options.minimum)),
    most: formatUsd(Number(options.maximum)),
  });
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
                {formatUsd(Number(preset), Number.isInteger(Number(preset)) ? 0 : 2)}
              </Chip>
            ))}
          </Group>
        </Chip.Group>
        <Group gap="sm" align="flex-start" grow preventGrowOverflow={false}>
          <NumberInput
            label={t("credits.amount")}
            description={range}
            error={inside ? undefined : range}
            inputWrapperOrder={["label", "input", "error", "description"]}
            descriptionProps={{ hidden: !inside }}
            prefix="$"
            decimalScale={2}
            allowNegative={false}
            miw={200}
            value={credits}
            onChange={(value) => setCredits(String(value))}
          />
          <Select
            label={t("credits.method")}
            allowDeselect={false}
            miw={200}
            value={String(at)}
            data={ways.map((each, index) => ({
              value: String(index),
              label: `${words.method(each.method)} · ${each.currency.toUpperCase()}`,
            }))}
            onChange={(value) => setAt(Number(value ?? 0))}
          />
        </Group>
        <div style={{ minHeight: 40 }}>
          {inside && quote.data && (
            <Text size="sm">
              {t(Number(quote.data.fee) ? "credits.quote" : "credits.quoteFree", {
                amount: formatPaid(quote.data.amount, quote.data.currency),
                fee: formatUsd(Number(quote.data.fee)),
              })}
              {quote.data.currency !== "usd" && (
                <Text span size="sm" c="dimmed">
                  {` ${t("credits.rate", { rate: quote.data.rate, currency: quote.data.currency.toUpperCase() })}`}
                </Text>
              )}
            </Text>
          )}
          <Text size="sm" c="dimmed">
            {options.credits_days
              ? t("credits.lastDays", { count: options.credits_days })
              : t("credits.lastForever")}
          </Text>
        </div>
        <FormFault error={buy.error ?? (inside ? quote.error : null)} />
        {buy.data?.instructions && (
          <Alert
            variant="light"
            role="status"
            title={t("credits.instructions")}
            style={{ whiteSpace: "pre-line", overflowWrap: "anywhere" }}
          >
            {buy.data.instructions}
          </Alert>
        )}
        <Group>
          {buy.data?.instructions ? (
            // The order is there and waits for its transfer: the same button would make a second one.
            <Button variant="default" onClick={() => buy.reset()}>
              {t("credits.another")}
            </Button>
          ) : (
            <Button type="submit" loading={buy.isPending} disabled={!inside || !quote.data}>
              {t("credits.buy")}
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  );
}
