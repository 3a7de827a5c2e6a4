/** Buying more by itself from a saved card: when, how much, at most how much a month; and how the last try went. */
import { Alert, Button, Group, NumberInput, SimpleGrid, Stack, Switch, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { exactTime, formatUsd, shortDate } from "@/shared/lib/format";
import { FormFault } from "@/shared/ui/form-fault";
import { Loaded } from "@/shared/ui/loaded";
import { SaveRow } from "@/shared/ui/save-row";
import { type Auto, autoQuery, type Options } from "./queries";
import { useMoneyWords } from "./words";

export function AutoTopup({ options }: { options: Options }) {
  const auto = useQuery(autoQuery);
  return (
    <Loaded query={auto} rows={2}>
      {(set) => <Form auto={set} options={options} />}
    </Loaded>
  );
}

function Form({ auto, options }: { auto: Auto; options: Options }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [enabled, setEnabled] = useState(auto.enabled);
  const [threshold, setThreshold] = useState<number | string>(auto.threshold ?? "5");
  const [amount, setAmount] = useState<number | string>(auto.amount ?? options.presets[0] ?? options.minimum);
  const [cap, setCap] = useState<number | string>(auto.monthly_cap ?? "");
  const save = useMutation({
    mutationFn: () =>
      taken(
        client.PUT("/api/app/payments/auto", {
          body: {
            enabled,
            threshold: String(threshold),
            amount: String(amount),
            monthly_cap: cap === "" ? null : String(cap),
          },
        }),
      ),
    onSuccess: (now) => queries.setQueryData(autoQuery.queryKey, now),
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Stack gap="sm" maw={600}>
        <Trouble auto={auto} />
        <Card auto={auto} />
        <Switch
          label={t("credits.auto.on")}
          checked={enabled}
          disabled={!auto.card && !enabled}
          onChange={(event) => setEnabled(event.currentTarget.checked)}
        />
        <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm" verticalSpacing="sm">
          <NumberInput
            label={t("credits.auto.threshold")}
            prefix="$"
            min={0}
            decimalScale={2}
            required
            value={threshold}
            onChange={setThreshold}
          />
          <NumberInput
            label={t("credits.auto.amount")}
            prefix="$"
            min={Number(options.minimum)}
            max={Number(options.maximum)}
            decimalScale={2}
            required
            value={amount}
            onChange={setAmount}
          />
          <NumberInput
            label={t("credits.auto.cap")}
            placeholder={t("common.none")}
            prefix="$"
            min={Number(amount) || 0}
            decimalScale={2}
            value={cap}
            onChange={setCap}
          />
        </SimpleGrid>
        {auto.enabled && (
          <Text size="sm" c="dimmed">
            {t("credits.auto.thisMonth", { amount: formatUsd(Number(auto.bought_this_month)) })}
          </Text>
        )}
        <SaveRow save={save} />
      </Stack>
    </form>
  );
}

/** Why it does not try any more, or how the last try went. */
function Trouble({ auto }: { auto: Auto }) {
  const { t } = useTranslation();
  const words = useMoneyWords();
  const last = auto.last;
  if (!auto.paused && last?.status !== "failed") return null;
  const why = words.failure(auto.paused ?? last?.failure ?? "");
  return (
    <Alert color="red" variant="light" role="alert" icon={<IconAlertTriangle size={18} />}>
      {last?.status === "failed" && last.created_at && (
        <Text size="sm">
          {t("credits.auto.failed", {
            amount: formatUsd(Number(last.credits)),
            date: shortDate(new Date(last.created_at)),
          })}
        </Text>
      )}
      <Text size="sm">{why}</Text>
      <Text size="sm">
        {auto.paused
          ? t("credits.auto.paused")
          : auto.retry_at && t("credits.auto.retry", { time: exactTime(new Date(auto.retry_at)) })}
      </Text>
    </Alert>
  );
}

/** The saved card, and the processor's own page for it. */
function Card({ auto }: { auto: Auto }) {
  const { t } = useTranslation();
  const open = useMutation({
    mutationFn: () => taken(client.POST("/api/app/payments/portal")),
    onSuccess: ({ url }) => {
      if (url) window.location.assign(url);
    },
  });
  if (!auto.card) {
    return (
      <Text size="sm" c="dimmed">
        {t("credits.auto.noCard")}
      </Text>
    );
  }
  return (
    <>
      <Group gap="sm">
        <Text size="sm">
          {t("credits.auto.card", { brand: auto.card.brand.toUpperCase(), last4: auto.card.last4 })}
        </Text>
        <Button size="compact-sm" variant="default" loading={open.isPending} onClick={() => open.mutate()}>
          {t("credits.auto.portal")}
        </Button>
      </Group>
      <FormFault error={open.error} />
    </>
  );
}
