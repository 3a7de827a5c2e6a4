/** Below which balance the account's heads are told: the server's usual, never, or an amount of one's own. */
import { Group, NumberInput, Radio, Stack } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { useMay } from "@/shared/api/session";
import { formatUsd } from "@/shared/lib/format";
import { LinkAnchor } from "@/shared/ui/links";
import { Loaded } from "@/shared/ui/loaded";
import { SaveRow } from "@/shared/ui/save-row";
import { type LowBalance, lowBalanceQuery } from "./queries";

const CHOICES = ["usual", "own", "off"] as const;
type Choice = (typeof CHOICES)[number];

export function LowBalanceNotice() {
  const level = useQuery(lowBalanceQuery);
  return (
    <Loaded query={level} rows={3}>
      {(set) => <Form level={set} />}
    </Loaded>
  );
}

function Form({ level }: { level: LowBalance }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const may = useMay();
  const mayChange = may("settings:write");
  const [choice, setChoice] = useState<Choice>(chosen(level));
  const [amount, setAmount] = useState<number | string>(level.usd || level.usual_usd || 5);
  const save = useMutation({
    mutationFn: () => {
      const usd = { usual: null, off: "0", own: String(amount) }[choice];
      return taken(client.PUT("/api/app/notices/low-balance", { body: { usd } }));
    },
    onSuccess: ({ data }) => queries.setQueryData(lowBalanceQuery.queryKey, data),
  });
  const text = (each: Choice) =>
    each === "usual" && level.usual_usd === 0
      ? t("credits.low.usualOff")
      : t(`credits.low.choices.${each}`, { amount: formatUsd(level.usual_usd) });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Stack gap="sm">
        <Radio.Group
          aria-label={t("credits.low.title")}
          value={choice}
          onChange={(value) => {
            save.reset(); // what is chosen now is not saved
            setChoice(CHOICES.find((each) => each === value) ?? "usual");
          }}
        >
          <Stack gap={8}>
            {CHOICES.map((each) => (
              <Radio key={each} value={each} label={text(each)} disabled={!mayChange} />
            ))}
          </Stack>
        </Radio.Group>
        {choice === "own" && (
          <NumberInput
            label={t("credits.low.amount")}
            prefix="$"
            min={0.01}
            max={1_000_000_000}
            decimalScale={2}
            required
            maw={220}
            disabled={!mayChange}
            value={amount}
            onChange={(value) => {
              save.reset();
              setAmount(value);
            }}
          />
        )}
        {mayChange && <SaveRow save={save} />}
        <Group>
          <LinkAnchor to="/settings/notifications" size="sm">
            {t("credits.low.where")}
          </LinkAnchor>
        </Group>
      </Stack>
    </form>
  );
}

function chosen({ usd }: LowBalance): Choice {
  if (usd === null) return "usual";
  return usd === 0 ? "off" : "own";
}
