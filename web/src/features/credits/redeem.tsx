/** A voucher's code for credits. */
import { Button, Group, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { formatUsd, shortDate } from "@/shared/lib/format";
import { FormFault } from "@/shared/ui/form-fault";
import { creditsQuery } from "./queries";

export function Redeem() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [code, setCode] = useState("");
  const redeem = useMutation({
    mutationFn: () => taken(client.POST("/api/app/payments/redeem", { body: { code: code.trim() } })),
    onSuccess: () => {
      setCode("");
      return Promise.all([
        queries.invalidateQueries({ queryKey: creditsQuery.queryKey }),
        queries.invalidateQueries({ queryKey: ["payments"] }),
      ]);
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        redeem.mutate();
      }}
    >
      <Group align="flex-end" gap="sm" mb="xs">
        <TextInput
          label={t("credits.voucher")}
          placeholder="MPV-XXXXX-XXXXX-XXXXX-XXXXX"
          required
          w={340}
          maw="100%"
          autoComplete="off"
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" loading={redeem.isPending}>
          {t("credits.redeem")}
        </Button>
      </Group>
      <FormFault error={redeem.error} />
      {redeem.data && (
        <Text role="status" size="sm">
          {t("credits.redeemed", { amount: formatUsd(Number(redeem.data.amount)) })}
          {redeem.data.expires_at &&
            ` ${t("credits.useUntil", { date: shortDate(new Date(redeem.data.expires_at)) })}`}
        </Text>
      )}
    </form>
  );
}
