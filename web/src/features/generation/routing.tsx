/** Which endpoints were tried, and why each stood where it did: the routing's own notes in words. */
import { Badge, Box, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Messages } from "@/shared/i18n/languages/en";
import { formatMilliseconds, formatNumber, formatPercent, formatUsd } from "@/shared/lib/format";
import { DataTable } from "@/shared/ui/data-table";
import classes from "./generation.module.css";
import type { Attempt, Step, Trace } from "./queries";

type Words = Messages["generation"];

/** Notes of the server in words; one that came with a newer server as it is. */
function useWords(): (group: "removed" | "notes" | "faults", note: string) => string {
  const { t, i18n } = useTranslation();
  return (group, note) => {
    if (!i18n.exists(`generation.${group}.${note}`)) return note;
    switch (group) {
      case "removed":
        return t(`generation.removed.${note as keyof Words["removed"]}`);
      case "notes":
        return t(`generation.notes.${note as keyof Words["notes"]}`);
      case "faults":
        return t(`generation.faults.${note as keyof Words["faults"]}`);
    }
  };
}

const SPANS = ["read", "plan", "hold", "upstream"] as const;

/** How long each step took until the answer began. */
function Spans({ spans }: { spans: NonNullable<Trace["milliseconds"]> }) {
  const { t } = useTranslation();
  const told = SPANS.flatMap((span) => {
    const value = spans[span];
    return value === undefined
      ? []
      : [
          `${t(`generation.spans.${span}`)} ${value < 10 ? `${formatNumber(value, 2)} ms` : formatMilliseconds(value)}`,
        ];
  });
  return (
    <Text size="sm" c="dimmed" mt={6}>
      {t("generation.timings", { steps: told.join(" · ") })}
    </Text>
  );
}

export function Attempts({ trace }: { trace: Trace }) {
  const { t } = useTranslation();
  const words = useWords();
  const attempts = trace.attempts ?? [];
  const guardrails = trace.guardrails?.applied ?? [];
  return (
    <section aria-labelledby="attempts">
      <Title order={2} id="attempts" mb="sm">
        {t("generation.attempts")}
      </Title>
      {attempts.length === 0 && <Text c="dimmed">{t("generation.noAttempts")}</Text>}
      {attempts.length > 0 && (
        <Box maw={760}>
          <DataTable
            rows={attempts.map((attempt, place) => ({ ...attempt, place }))}
            keyOf={({ place }) => String(place)}
            label={t("generation.attempts")}
            columns={[
              { label: t("common.provider"), cell: (attempt) => <Called of={attempt} /> },
              {
                label: t("common.state"),
                cell: ({ fault, status }) => (
                  <div>
                    <Badge color={fault ? "orange" : "tide"}>{status || t("generation.noAnswer")}</Badge>{" "}
                    {fault && words("faults", fault)}
                  </div>
                ),
              },
              { label: t("generation.took"), isNumber: true, cell: (attempt) => <Took of={attempt} /> },
            ]}
          />
        </Box>
      )}
      {trace.milliseconds && <Spans spans={trace.milliseconds} />}
      {guardrails.length > 0 && (
        <Text size="sm" c="dimmed" mt={6}>
          {t("generation.guarded", { names: guardrails.map(({ name }) => name).join(", ") })}
        </Text>
      )}
    </section>
  );
}

function Called({ of: { provider, endpoint, key } }: { of: Attempt }) {
  const { t } = useTranslation();
  return (
    <div>
      {provider} <code className="mp-mono">{endpoint}</code>
      {key && key !== "main" && (
        <Text size="xs" c="dimmed">
          {t("generation.shownKey", { name: key })}
        </Text>
      )}
    </div>
  );
}

function Took({ of: { milliseconds, started_ms } }: { of: Attempt }) {
  const { t } = useTranslation();
  return (
    <div>
      {formatMilliseconds(milliseconds)}
      {started_ms ? (
        <Text size="xs" c="dimmed">
          {t("generation.beganAt", { time: formatMilliseconds(started_ms) })}
        </Text>
      ) : null}
    </div>
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
            <StepWords step={step} all={kept} />
          </li>
        ))}
        {removed.map((step) => (
          <li key={`${step.model} ${step.endpoint}`} data-removed>
            <StepWords step={step} all={kept} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function StepWords({ step, all }: { step: Step; all: Step[] }) {
  const { t } = useTranslation();
  const words = useWords();
  const name = <code className="mp-mono">{step.endpoint}</code>;
  if (step.removed) {
    return (
      <>
        {name} {t("generation.leftOut", { why: words("removed", step.removed) })}
      </>
    );
  }
  const notes = [...(step.notes ?? []), ...(step.standing ? [step.standing] : [])].map((note) =>
    words("notes", note),
  );
  const weights = all.reduce((sum, each) => sum + (each.weight ?? 0), 0);
  if (step.price !== undefined) notes.unshift(t("generation.priceNote", { price: formatUsd(step.price) }));
  if (step.weight && weights) {
    notes.push(t("generation.chance", { chance: formatPercent(step.weight / weights) }));
  }
  return (
    <>
      {name}
      {t("generation.colon")}
      {notes.join(t("generation.comma")) || t("generation.nothingAgainst")}
    </>
  );
}
