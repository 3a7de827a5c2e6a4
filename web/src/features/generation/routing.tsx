/** Which endpoints were tried, and why each stood where it did: the routing's own notes in words. */
import { Badge, Table, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { formatMilliseconds, formatUsd } from "@/shared/lib/format";
import classes from "./generation.module.css";
import type { Step, Trace } from "./queries";

const REMOVED = [
  "not_ready",
  "rule",
  "service_tier",
  "max_tokens",
  "context_length",
  "parameters",
  "require_parameters",
  "only",
  "ignore",
  "order",
  "quantizations",
  "zdr",
  "data_collection",
  "distillable",
  "max_price",
] as const;
const NOTES = [
  "slow",
  "lacks_parameters",
  "quality",
  "other_tier",
  "misses_latency",
  "misses_throughput",
  "pinned",
  "order",
  "cache",
  "cache_discount",
  "degraded",
  "down",
  "resting",
] as const;

export function Attempts({ trace }: { trace: Trace }) {
  const { t } = useTranslation();
  const attempts = trace.attempts ?? [];
  return (
    <section aria-labelledby="attempts">
      <Title order={2} id="attempts" mb="sm">
        {t("generation.attempts")}
      </Title>
      {attempts.length === 0 && <Text c="dimmed">{t("generation.noAttempts")}</Text>}
      {attempts.length > 0 && (
        <div className="mp-scroll-x">
          <Table maw={760}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("common.provider")}</Table.Th>
                <Table.Th>{t("common.state")}</Table.Th>
                <Table.Th className="mp-num">{t("generation.took")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {attempts.map((attempt, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: an endpoint may be tried twice
                <Table.Tr key={index}>
                  <Table.Td>
                    {attempt.provider} <code className="mp-mono">{attempt.endpoint}</code>
                  </Table.Td>
                  <Table.Td>
                    <Badge color={attempt.fault ? "orange" : "tide"}>
                      {attempt.status || t("generation.noAnswer")}
                    </Badge>{" "}
                    {attempt.fault}
                  </Table.Td>
                  <Table.Td className="mp-num">{formatMilliseconds(attempt.milliseconds)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      )}
    </section>
  );
}

export function Choice({ trace }: { trace: Trace }) {
  const { t } = useTranslation();
  const steps = trace.plan ?? [];
  if (steps.length === 0) return null;
  const kept = steps
    .filter((step) => !step.removed)
    .sort((one, other) => (one.position ?? 0) - (other.position ?? 0));
  const removed = steps.filter((step) => step.removed);
  return (
    <section aria-labelledby="choice">
      <Title order={2} id="choice" mb={4}>
        {t("generation.choice")}
      </Title>
      <Text c="dimmed" size="sm" mb="sm">
        {t("generation.choiceLead", { model: trace.requested ?? "" })}
      </Text>
      <ol className={classes.steps}>
        {kept.map((step) => (
          <li key={`${step.model} ${step.endpoint}`}>
            <Words step={step} all={kept} />
          </li>
        ))}
        {removed.map((step) => (
          <li key={`${step.model} ${step.endpoint}`} data-removed>
            <Words step={step} all={kept} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function Words({ step, all }: { step: Step; all: Step[] }) {
  const { t } = useTranslation();
  const name = <code className="mp-mono">{step.endpoint}</code>;
  if (step.removed) {
    const known = REMOVED.find((each) => each === step.removed);
    return (
      <>
        {name} {t("generation.leftOut", { why: known ? t(`generation.removed.${known}`) : step.removed })}
      </>
    );
  }
  const notes = [...(step.notes ?? []), ...(step.standing ? [step.standing] : [])].map((note) => {
    const known = NOTES.find((each) => each === note);
    return known ? t(`generation.notes.${known}`) : note;
  });
  const weights = all.reduce((sum, each) => sum + (each.weight ?? 0), 0);
  if (step.price !== undefined) notes.unshift(t("generation.priceNote", { price: formatUsd(step.price) }));
  if (step.weight && weights) {
    notes.push(t("generation.chance", { chance: `${((step.weight / weights) * 100).toFixed(1)} %` }));
  }
  return (
    <>
      {name}: {notes.join(t("generation.comma")) || t("generation.nothingAgainst")}
    </>
  );
}
