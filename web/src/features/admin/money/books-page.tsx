/** `/admin/books`: the daily reports of processors' books against ours and the ledger, and events that were refused. */
import { Alert, Badge, Button, Group, NativeSelect, Stack, Text, TextInput } from "@mantine/core";
import { IconFileTypeCsv } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { formatNumber } from "@/shared/lib/format";
import { usePageTitle } from "@/shared/lib/page-title";
import { DataTable } from "@/shared/ui/data-table";
import { Dialog } from "@/shared/ui/dialog";
import { FormFault } from "@/shared/ui/form-fault";
import { Loaded } from "@/shared/ui/loaded";
import { Section } from "@/shared/ui/section";
import { Empty, PageTitle } from "@/shared/ui/states";
import { When } from "@/shared/ui/time";
import { useBookWords } from "./book-words";
import { eventsQuery, processorsQuery, type Report, reportsQuery } from "./queries";
import { ReportCard } from "./report-card";

export function BooksPage() {
  const { t } = useTranslation();
  usePageTitle(t("money.books.title"));
  const processors = useQuery(processorsQuery);
  const [opened, setOpened] = useState<Report | null>(null);
  return (
    <>
      <PageTitle
        title={t("money.books.title")}
        aside={
          <Button
            component="a"
            href="/api/admin/payments/ledger.csv"
            download
            variant="default"
            leftSection={<IconFileTypeCsv size={17} stroke={1.6} />}
          >
            {t("money.books.file")}
          </Button>
        }
      >
        {t("money.books.lead")}
      </PageTitle>
      <Stack gap={36}>
        <Loaded query={processors} rows={1}>
          {(names) =>
            names.length === 0 ? (
              <Alert variant="light">{t("money.books.noProcessor")}</Alert>
            ) : (
              <Ask processors={names} show={setOpened} />
            )
          }
        </Loaded>
        <Section title={t("money.books.reports")} wide>
          <Reports open={setOpened} />
        </Section>
        <Section title={t("money.events.refused")} lead={t("money.events.lead")} wide>
          <Refused />
        </Section>
      </Stack>
      <Dialog opened={opened !== null} onClose={() => setOpened(null)} title={t("money.books.one")} size="lg">
        {opened && <ReportCard report={opened} />}
      </Dialog>
    </>
  );
}

/** A report of any day, made now. */
function Ask({ processors, show }: { processors: string[]; show: (report: Report) => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [day, setDay] = useState(() => new Date().toISOString().slice(0, 10));
  const words = useBookWords();
  const [processor, setProcessor] = useState(processors[0] ?? "");
  const make = useMutation({
    mutationFn: () =>
      taken(client.GET("/api/admin/payments/reconciliation", { params: { query: { day, processor } } })),
    onSuccess: async (report) => {
      await queries.invalidateQueries({ queryKey: reportsQuery.queryKey });
      show(report);
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        make.mutate();
      }}
    >
      <Stack gap="sm">
        <Group gap="sm" align="flex-end">
          <TextInput
            type="date"
            label={t("money.books.day")}
            required
            value={day}
            onChange={(event) => setDay(event.currentTarget.value)}
          />
          <NativeSelect
            label={t("money.books.processor")}
            value={processor}
            data={processors.map((value) => ({ value, label: words.processor(value) }))}
            onChange={(event) => setProcessor(event.currentTarget.value)}
          />
          <Button type="submit" loading={make.isPending}>
            {t("money.books.make")}
          </Button>
        </Group>
        <FormFault error={make.error} />
      </Stack>
    </form>
  );
}

function Reports({ open }: { open: (report: Report) => void }) {
  const { t } = useTranslation();
  const words = useBookWords();
  const reports = useQuery(reportsQuery);
  return (
    <Loaded query={reports}>
      {(rows) =>
        rows.length === 0 ? (
          <Empty title={t("money.books.none")}>{t("money.books.noneBody")}</Empty>
        ) : (
          <DataTable
            rows={rows}
            keyOf={({ day, processor }) => `${day}/${processor}`}
            label={t("money.books.reports")}
            columns={[
              { label: t("money.books.day"), cell: ({ day }) => day },
              { label: t("money.books.processor"), cell: ({ processor }) => words.processor(processor) },
              {
                label: t("common.state"),
                cell: ({ green }) => (
                  <Badge color={green ? "tide" : "red"}>
                    {green ? t("money.books.green") : t("money.books.red")}
                  </Badge>
                ),
              },
              {
                label: t("money.books.payments"),
                isNumber: true,
                cell: ({ payments }) => formatNumber(payments),
              },
              {
                label: t("money.books.refunds"),
                isNumber: true,
                cell: ({ refunds }) => formatNumber(refunds),
              },
              {
                label: t("money.books.differences"),
                isNumber: true,
                cell: (report) =>
                  formatNumber(
                    report.differences.length + report.ledger_differences.length + report.uncredited.length,
                  ),
              },
              {
                cell: (report) => (
                  <Button size="compact-sm" variant="default" onClick={() => open(report)}>
                    {t("money.open")}
                  </Button>
                ),
              },
            ]}
          />
        )
      }
    </Loaded>
  );
}

function Refused() {
  const { t } = useTranslation();
  const words = useBookWords();
  const events = useQuery(eventsQuery({ verdict: "refused" }));
  return (
    <Loaded query={events} rows={2}>
      {(rows) =>
        rows.length === 0 ? (
          <Text size="sm" c="dimmed">
            {t("money.events.none")}
          </Text>
        ) : (
          <DataTable
            rows={rows}
            keyOf={({ processor, event_id }) => `${processor}/${event_id}`}
            label={t("money.events.refused")}
            columns={[
              { label: t("common.date"), cell: ({ received_at }) => <When at={received_at} /> },
              { label: t("money.books.processor"), cell: ({ processor }) => words.processor(processor) },
              { label: t("money.events.kind"), cell: ({ kind }) => <code className="mp-mono">{kind}</code> },
              { label: t("money.events.verdict"), cell: (event) => words.verdict(event) },
              {
                label: t("money.events.deliveries"),
                isNumber: true,
                cell: ({ deliveries }) => formatNumber(deliveries),
              },
            ]}
          />
        )
      }
    </Loaded>
  );
}
