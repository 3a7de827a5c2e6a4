/** Who serves the model: a row an endpoint, in the order one chooses. */
import { Badge, Group, SegmentedControl, Text, Title, Tooltip } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import {
  type Endpoint,
  endpointsQuery,
  type Model,
  type ModelMarket,
  modelMarketQuery,
} from "@/shared/api/models";
import {
  digitsOf,
  formatContext,
  formatMilliseconds,
  formatNumber,
  formatPercent,
} from "@/shared/lib/format";
import { AuthorMark } from "@/shared/ui/author-mark";
import { CopyIcon } from "@/shared/ui/copy";
import { DataTable } from "@/shared/ui/data-table";
import { OwnPrices } from "@/shared/ui/own-prices";
import { Price } from "@/shared/ui/price";
import { Empty, Failed, LoadingRows } from "@/shared/ui/states";
import classes from "./model-page.module.css";

type Policy = ModelMarket["policies"][number];

const ORDERS = {
  usual: () => 0,
  price: (one: Endpoint, other: Endpoint) => priceOf(one) - priceOf(other),
  latency: (one: Endpoint, other: Endpoint) =>
    (one.latency_last_30m?.p50 ?? Number.MAX_VALUE) - (other.latency_last_30m?.p50 ?? Number.MAX_VALUE),
  throughput: (one: Endpoint, other: Endpoint) =>
    (other.throughput_last_30m?.p50 ?? 0) - (one.throughput_last_30m?.p50 ?? 0),
} as const;
type Order = keyof typeof ORDERS;
const NAMES = ["usual", "price", "latency", "throughput"] as const satisfies Order[];

function priceOf(endpoint: Endpoint): number {
  return Number(endpoint.pricing.prompt) + Number(endpoint.pricing.completion);
}

export function EndpointsTab({ model }: { model: Model }) {
  const { t } = useTranslation();
  const [order, setOrder] = useState<Order>("usual");
  const endpoints = useQuery(endpointsQuery(model.id));
  const market = useQuery(modelMarketQuery(model.id, "month"));
  return (
    <section aria-labelledby="providers">
      <Group justify="space-between" align="flex-end" mb="sm" gap="sm">
        <div>
          <Title order={2} mb={4} id="providers">
            {t("model.providers")}
          </Title>
          <Text c="dimmed" size="sm">
            {t("model.providersLead")}
            <OwnPrices of={endpoints.data} isStruck />
          </Text>
        </div>
        {(endpoints.data?.length ?? 0) > 1 && (
          <SegmentedControl
            size="xs"
            aria-label={t("model.order")}
            value={order}
            data={NAMES.map((each) => ({ value: each, label: t(`model.orders.${each}`) }))}
            onChange={(value) => setOrder(NAMES.find((each) => each === value) ?? "usual")}
          />
        )}
      </Group>
      {endpoints.isPending && <LoadingRows rows={3} height={52} />}
      {endpoints.isError && <Failed error={endpoints.error} retry={() => void endpoints.refetch()} />}
      {endpoints.data?.length === 0 && (
        <Empty title={t("model.noProviders")}>{t("model.noProvidersBody")}</Empty>
      )}
      {endpoints.data && endpoints.data.length > 0 && (
        <EndpointTable
          endpoints={[...endpoints.data].sort(ORDERS[order])}
          policies={market.data?.policies ?? []}
        />
      )}
    </section>
  );
}

function EndpointTable({ endpoints, policies }: { endpoints: Endpoint[]; policies: Policy[] }) {
  const { t } = useTranslation();
  const digitsIn = (name: "prompt" | "completion" | "input_cache_read") =>
    digitsOf(endpoints.flatMap(({ pricing, usual }) => [pricing[name], usual?.[name]]));
  const digits = {
    prompt: digitsIn("prompt"),
    completion: digitsIn("completion"),
    input_cache_read: digitsIn("input_cache_read"),
  };
  return (
    <DataTable
      isDense
      rows={endpoints}
      keyOf={({ tag }) => tag}
      label={t("model.providers")}
      columns={[
        { label: t("common.provider"), cell: (endpoint) => <ProviderName endpoint={endpoint} /> },
        {
          label: t("models.promptPrice"),
          isNumber: true,
          cell: ({ pricing, usual }) => (
            <Price of={pricing.prompt} usual={usual?.prompt} digits={digits.prompt} />
          ),
        },
        {
          label: t("models.completionPrice"),
          isNumber: true,
          cell: ({ pricing, usual }) => (
            <Price of={pricing.completion} usual={usual?.completion} digits={digits.completion} />
          ),
        },
        {
          label: t("model.cachePrice"),
          isNumber: true,
          cell: ({ pricing, usual }) => (
            <Price
              of={pricing.input_cache_read}
              usual={usual?.input_cache_read}
              digits={digits.input_cache_read}
            />
          ),
        },
        {
          label: t("models.context"),
          isNumber: true,
          cell: ({ context_length }) => formatContext(context_length),
        },
        {
          label: t("model.maxOutput"),
          isNumber: true,
          cell: ({ max_completion_tokens: most }) => (most ? formatContext(most) : "—"),
        },
        {
          label: t("model.quantization"),
          cell: ({ quantization }) =>
            quantization && quantization !== "unknown" ? (
              <code className="mp-mono">{quantization}</code>
            ) : (
              "—"
            ),
        },
        {
          label: t("model.latency"),
          isNumber: true,
          cell: ({ latency_last_30m }) => formatMilliseconds(latency_last_30m?.p50),
        },
        {
          label: t("model.throughput"),
          isNumber: true,
          cell: ({ throughput_last_30m }) =>
            throughput_last_30m?.p50 ? `${formatNumber(throughput_last_30m.p50, 1)} tok/s` : "—",
        },
        {
          label: t("model.uptime"),
          isNumber: true,
          cell: (each) => <Uptime percent={each.uptime_last_1d ?? each.uptime_last_30m} />,
        },
        {
          label: t("model.policy"),
          cell: (each) => <PolicyWords policy={policies.find(({ tag }) => tag === each.tag)} />,
        },
        {
          label: t("models.otherParameters"),
          cell: ({ supported_parameters: names }) => (
            <Tooltip label={names.join(", ") || t("common.none")}>
              <Badge size="sm" color="gray" tabIndex={0}>
                {t("model.parameterCount", { count: names.length })}
              </Badge>
            </Tooltip>
          ),
        },
      ]}
    />
  );
}

function ProviderName({ endpoint }: { endpoint: Endpoint }) {
  const { t } = useTranslation();
  return (
    <Group gap={8} wrap="nowrap">
      <AuthorMark author={endpoint.tag.split("/")[0] ?? ""} size={20} />
      <Text fw={600} span>
        {endpoint.provider_name}
      </Text>
      <CopyIcon value={endpoint.tag} what={t("model.providerSlug")} size="xs" />
      {endpoint.status < 0 && (
        <Badge size="sm" color="orange">
          {t("model.degraded")}
        </Badge>
      )}
    </Group>
  );
}

/** What is known of how the provider handles data; what is not known is said to be so. */
function PolicyWords({ policy }: { policy: Policy | undefined }) {
  const { t } = useTranslation();
  if (!policy) return <>—</>;
  const words = [
    policy.training === null ? "trainingUnknown" : policy.training ? "trains" : "trainsNot",
    policy.retains_prompts === null ? "keepsUnknown" : policy.retains_prompts ? "keeps" : "keepsNot",
  ] as const;
  const days = policy.retention_days;
  return (
    <Tooltip
      label={[
        ...words.map((each) => t(`model.policies.${each}`)),
        ...(days ? [t("model.policies.days", { count: days })] : []),
      ].join(" ")}
    >
      <Badge size="sm" color={policy.zdr ? "tide" : policy.training ? "orange" : "gray"} tabIndex={0}>
        {policy.zdr
          ? t("models.policies.zdr")
          : policy.training === false
            ? t("models.policies.private")
            : policy.training
              ? t("model.policies.mayTrain")
              : t("common.unknown")}
      </Badge>
    </Tooltip>
  );
}

function Uptime({ percent }: { percent: number | null | undefined }) {
  if (percent === null || percent === undefined) return <>—</>;
  return (
    <span className={classes.uptime}>
      {formatPercent(percent / 100)}
      <span className={classes.bar} aria-hidden>
        <span className={classes.fill} style={{ width: `${percent}%` }} />
      </span>
    </span>
  );
}
