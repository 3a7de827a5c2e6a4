/** What was left day by day: in all, or of each model or provider. */
import { Group, SegmentedControl, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { formatUsd } from "@/shared/lib/format";
import { Chart } from "@/shared/ui/chart/chart";
import { Loaded } from "@/shared/ui/loaded";
import { byName, daysBetween, inAll, type MarginDay, METRICS, type Metric } from "./margin-series";
import { marginDaysQuery } from "./queries";
import type { BY } from "./search";

interface Props {
  by: (typeof BY)[number];
  since: string;
  until: string | undefined;
}

export function MarginChart({ by, since, until }: Props) {
  const rows = useQuery(marginDaysQuery(by === "provider" ? "provider" : "model", since, until));
  return (
    <Loaded query={rows} rows={4}>
      {(found) => <Drawn rows={found} by={by} since={since} until={until} />}
    </Loaded>
  );
}

function Drawn({ rows, by, since, until }: Props & { rows: MarginDay[] }) {
  const { t } = useTranslation();
  const [metric, setMetric] = useState<Metric>("margin");
  const days = daysBetween(since, until ?? new Date().toISOString().slice(0, 10));
  const nameOf = (each: Metric) => t(`money.margins.${each}`);
  const rest = t("chart.others");
  const words = { nameless: t("common.unknown"), rest };
  const series = by === "day" ? inAll(rows, days, nameOf) : byName(rows, days, metric, words);
  return (
    <Stack gap="xs">
      {by !== "day" && (
        <Group>
          <SegmentedControl
            size="xs"
            aria-label={t("money.margins.metric")}
            value={metric}
            data={METRICS.map((value) => ({ value, label: nameOf(value) }))}
            onChange={(value) => setMetric(METRICS.find((each) => each === value) ?? "margin")}
          />
        </Group>
      )}
      <Chart
        title={`${t("money.margins.overTime")}: ${by === "day" ? t("money.margins.title") : nameOf(metric)}`}
        labels={days.map((day) => day.slice(5))}
        series={series}
        kind={by === "day" || metric === "margin" ? "lines" : "bars"}
        rest={rest}
        format={formatUsd}
      />
    </Stack>
  );
}
