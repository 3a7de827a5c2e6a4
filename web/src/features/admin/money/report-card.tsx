/** One day's report opened: what agrees, and each payment, refund and transfer that does not. */
import { Alert, Stack, Text, Title } from "@mantine/core";
import { IconAlertTriangle, IconCheck } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { formatUsd } from "@/shared/lib/format";
import { DataTable } from "@/shared/ui/data-table";
import { Facts } from "@/shared/ui/facts";
import { When } from "@/shared/ui/time";
import { useBookWords } from "./book-words";
import type { Report } from "./queries";

/** Hundredths of a currency as people write them. */
const hundredths = (amount: number) => (amount / 100).toFixed(2);

export function ReportCard({ report }: { report: Report }) {
  const { t } = useTranslation();
  const words = useBookWords();
  return (
    <Stack gap="md">
      <Alert
        variant="light"
        role="status"
        color={report.green ? undefined : "red"}
        icon={report.green ? <IconCheck size={18} /> : <IconAlertTriangle size={18} />}
      >
        {report.green ? t("money.books.agrees") : t("money.books.differs")}
      </Alert>
      <Facts
        facts={[
          [t("money.books.day"), report.day],
          [t("money.books.processor"), words.processor(report.processor)],
          [t("money.books.payments"), String(report.payments)],
          [t("money.books.refunds"), String(report.refunds)],
          [t("money.books.matched"), String(report.matched)],
          ...Object.entries(report.ledger).map(([code, amount]): [string, string] => [
            t("money.books.inLedger", { code: words.thing(code) }),
            formatUsd(Number(amount)),
          ]),
          [t("money.books.madeAt"), <When key="made" at={report.made_at} />],
        ]}
      />
      {report.differences.length > 0 && (
        <Stack gap="xs">
          <Title order={3}>{t("money.books.byProcessor")}</Title>
          <DataTable
            rows={report.differences}
            keyOf={({ payment_id, kind }) => `${payment_id}/${kind}`}
            label={t("money.books.byProcessor")}
            columns={[
              {
                label: t("money.books.payment"),
                cell: ({ payment_id }) => <code className="mp-mono">{payment_id}</code>,
              },
              { label: t("money.events.kind"), cell: ({ kind }) => words.thing(kind) },
              { label: t("money.books.ours"), isNumber: true, cell: ({ ours }) => hundredths(ours) },
              { label: t("money.books.theirs"), isNumber: true, cell: ({ theirs }) => hundredths(theirs) },
            ]}
          />
        </Stack>
      )}
      {report.ledger_differences.length > 0 && (
        <Stack gap="xs">
          <Title order={3}>{t("money.books.byLedger")}</Title>
          <DataTable
            rows={report.ledger_differences}
            keyOf={({ reference, what }) => `${reference}/${what}`}
            label={t("money.books.byLedger")}
            columns={[
              {
                label: t("money.books.reference"),
                cell: ({ reference }) => <code className="mp-mono">{reference}</code>,
              },
              { label: t("money.events.kind"), cell: ({ what }) => words.thing(what) },
              {
                label: t("money.books.expected"),
                isNumber: true,
                cell: ({ expected }) => formatUsd(Number(expected)),
              },
              {
                label: t("money.books.found"),
                isNumber: true,
                cell: ({ found }) => formatUsd(Number(found)),
              },
            ]}
          />
        </Stack>
      )}
      {report.uncredited.length > 0 && (
        <Text size="sm">
          {t("money.books.uncredited")} <code className="mp-mono">{report.uncredited.join(", ")}</code>
        </Text>
      )}
    </Stack>
  );
}
