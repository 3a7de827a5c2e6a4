/** Everything that moved the account's credits, but charges for answers: those are in Activity. */
import { Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { formatUsd } from "@/shared/lib/format";
import { DataTable } from "@/shared/ui/data-table";
import { Paged } from "@/shared/ui/paged";
import { Empty } from "@/shared/ui/states";
import { When } from "@/shared/ui/time";
import { transactionsQuery } from "./queries";
import { useMoneyWords } from "./words";

export function Transactions() {
  const { t } = useTranslation();
  const words = useMoneyWords();
  const moved = useInfiniteQuery(transactionsQuery);
  return (
    <Paged query={moved} rowsOf={({ data }) => data} empty={<Empty title={t("credits.noMovements")} />}>
      {(rows) => (
        <DataTable
          rows={rows}
          keyOf={({ seq }) => String(seq)}
          label={t("credits.movements")}
          columns={[
            { label: t("common.date"), cell: ({ at }) => <When at={at} /> },
            { label: t("credits.what"), cell: ({ code }) => words.movement(code) },
            {
              label: t("credits.reference"),
              cell: ({ reference }) => <code className="mp-mono">{reference}</code>,
            },
            {
              label: t("credits.moved"),
              isNumber: true,
              cell: ({ amount }) => (
                <Text span size="sm" c={Number(amount) < 0 ? "var(--mp-down)" : "var(--mp-up)"}>
                  {Number(amount) > 0 ? "+" : ""}
                  {formatUsd(Number(amount))}
                </Text>
              ),
            },
          ]}
        />
      )}
    </Paged>
  );
}
