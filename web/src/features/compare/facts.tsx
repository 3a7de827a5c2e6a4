/** The models' facts, a column a model; the best of each row stands out. */
import { ActionIcon, Badge, Group } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import type { CSSProperties, ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { authorOf, type Endpoint, type Market, type Model } from "@/shared/api/models";
import {
  digitsOf,
  formatCompact,
  formatContext,
  formatMilliseconds,
  formatNumber,
  formatPercent,
  perMillion,
  shortDate,
} from "@/shared/lib/format";
import { useModality } from "@/shared/lib/modality";
import { AuthorMark } from "@/shared/ui/author-mark";
import { CopyableId } from "@/shared/ui/copy";
import { ModelLink } from "@/shared/ui/model-card";
import { Price } from "@/shared/ui/price";
import { Scrolled } from "@/shared/ui/scrolled";
import classes from "./compare.module.css";

interface Props {
  models: Model[];
  market: Market | undefined;
  endpoints: (Endpoint[] | undefined)[];
  remove: (id: string) => void;
}

interface Line {
  label: string;
  show: (model: Model, index: number) => ReactNode;
  /** What is compared; nothing is marked where it is missing. */
  value?: (model: Model, index: number) => number | null | undefined;
  best?: "high" | "low";
}

const ABILITIES = ["tools", "structured_outputs", "reasoning"] as const;

export function Facts({ models, market, endpoints, remove }: Props) {
  const { t } = useTranslation();
  const lines = useLines(models, market, endpoints);
  return (
    <Scrolled label={t("shell.compare")}>
      <table
        aria-label={t("shell.compare")}
        className={classes.facts}
        style={{ "--models": models.length } as CSSProperties}
      >
        <thead>
          <tr>
            <td />
            {models.map((model) => (
              <th key={model.id} scope="col">
                <Group gap={8} wrap="nowrap" justify="space-between" align="flex-start">
                  <Group gap={8} wrap="nowrap" miw={0}>
                    <AuthorMark author={authorOf(model.id)} size={22} />
                    <ModelLink model={model} />
                  </Group>
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    size="sm"
                    onClick={() => remove(model.id)}
                    aria-label={t("compare.remove", { name: model.name })}
                  >
                    <IconX size={15} />
                  </ActionIcon>
                </Group>
                <span className={classes.id}>
                  <CopyableId id={model.id} />
                </span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => {
            const best = bestOf(models, line);
            return (
              <tr key={line.label}>
                <th scope="row">{line.label}</th>
                {models.map((model, index) => (
                  <td key={model.id} data-best={best === index || undefined}>
                    {line.show(model, index)}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </Scrolled>
  );
}

/** The column that is best alone; null where there is none, or several are. */
function bestOf(models: Model[], { value, best }: Line): number | null {
  if (!value || !best || models.length < 2) return null;
  const values = models.map((model, index) => value(model, index) ?? null);
  const known = values.filter((each) => each !== null);
  if (known.length < 2) return null;
  const wanted = best === "high" ? Math.max(...known) : Math.min(...known);
  const first = values.indexOf(wanted);
  return values.lastIndexOf(wanted) === first ? first : null;
}

type PriceName = "prompt" | "completion" | "input_cache_read";

function useLines(
  models: Model[],
  market: Market | undefined,
  endpoints: (Endpoint[] | undefined)[],
): Line[] {
  const { t } = useTranslation();
  const modality = useModality();
  const of = (model: Model) => market?.models.get(model.id);
  const uptime = (index: number) => {
    const known = (endpoints[index] ?? []).flatMap((each) => each.uptime_last_1d ?? []);
    return known.length ? Math.max(...known) : null;
  };
  const yes = (holds: boolean | undefined) =>
    holds === undefined ? "—" : holds ? t("common.yes") : t("common.no");
  const digits = (name: PriceName) =>
    digitsOf(models.flatMap(({ pricing, usual }) => [pricing[name], usual?.[name]]));
  const price = (label: string, name: PriceName): Line => ({
    label,
    show: (model) => <Price of={model.pricing[name]} usual={model.usual?.[name]} digits={digits(name)} />,
    value: (model) => perMillion(model.pricing[name]),
    best: "low",
  });
  const badges = (names: string[], key: string) => (
    <Group gap={4}>
      {names.map((each) => (
        <Badge key={`${key}-${each}`} size="sm" color="gray">
          {modality(each)}
        </Badge>
      ))}
    </Group>
  );
  return [
    price(t("models.promptPrice"), "prompt"),
    price(t("models.completionPrice"), "completion"),
    price(t("model.cachePrice"), "input_cache_read"),
    {
      label: t("models.context"),
      show: (model) => (model.context_length ? formatContext(model.context_length) : "—"),
      value: (model) => model.context_length,
      best: "high",
    },
    {
      label: t("model.maxOutput"),
      show: ({ top_provider: { max_completion_tokens: most } }) => (most ? formatContext(most) : "—"),
      value: (model) => model.top_provider.max_completion_tokens,
      best: "high",
    },
    { label: t("models.inputs"), show: (model) => badges(model.architecture.input_modalities, "in") },
    { label: t("models.outputs"), show: (model) => badges(model.architecture.output_modalities, "out") },
    ...ABILITIES.map((each) => ({
      label: t(`models.parameters.${each}`),
      show: (model: Model) => yes(model.supported_parameters.includes(each)),
    })),
    {
      label: t("model.latency"),
      show: (model) => formatMilliseconds(of(model)?.latency),
      value: (model) => of(model)?.latency,
      best: "low",
    },
    {
      label: t("model.throughput"),
      show: (model) => {
        const speed = of(model)?.throughput;
        return speed ? `${formatNumber(speed, 1)} tok/s` : "—";
      },
      value: (model) => of(model)?.throughput,
      best: "high",
    },
    {
      label: t("model.uptime"),
      show: (_, index) => {
        const percent = uptime(index);
        return percent === null ? "—" : formatPercent(percent / 100);
      },
      value: (_, index) => uptime(index),
      best: "high",
    },
    {
      label: t("models.weekly"),
      show: (model) => formatCompact(of(model)?.weekly_tokens ?? 0),
      value: (model) => of(model)?.weekly_tokens,
      best: "high",
    },
    {
      label: t("model.providers"),
      show: (model) =>
        (of(model)?.providers ?? []).map((slug) => market?.providers[slug] ?? slug).join(", ") || "—",
    },
    { label: t("models.policies.zdr"), show: (model) => yes(of(model)?.zdr) },
    { label: t("model.created"), show: (model) => shortDate(new Date(model.created * 1000)) },
    { label: t("model.cutoff"), show: (model) => model.knowledge_cutoff ?? "—" },
  ];
}
