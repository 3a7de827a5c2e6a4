/** Tokens of each day by model, on each other; those that stand for all others come last, in grey. */
import { useTranslation } from "react-i18next";
import type { components } from "@/shared/api/schema";
import { formatCompact } from "@/shared/lib/format";
import { Chart } from "./chart";

type Day = components["schemas"]["UseDay"];

export function TokensByModel({ days, height }: { days: Day[]; height?: number }) {
  const { t } = useTranslation();
  const rest = t("chart.others");
  const names = [...new Set(days.flatMap((day) => Object.keys(day.tokens)))];
  const sum = (name: string) => days.reduce((total, day) => total + (day.tokens[name] ?? 0), 0);
  names.sort((one, other) => Number(one === "other") - Number(other === "other") || sum(other) - sum(one));
  return (
    <Chart
      title={t("rankings.chart")}
      labels={days.map((day) => day.date.slice(5))}
      series={names.map((name) => ({
        name: name === "other" ? rest : name,
        values: days.map((day) => day.tokens[name] ?? 0),
      }))}
      rest={rest}
      format={formatCompact}
      height={height}
    />
  );
}
