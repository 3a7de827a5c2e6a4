/** Who serves the model: a row an endpoint. */
import { Badge, Group, ScrollArea, Table, Text, Title, Tooltip } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { type Endpoint, endpointsQuery, type Model } from "@/shared/api/models";
import {
  formatContext,
  formatMilliseconds,
  formatNumber,
  formatPercent,
  formatPerMillion,
} from "@/shared/lib/format";
import { AuthorMark } from "@/shared/ui/author-mark";
import { CopyIcon } from "@/shared/ui/copy";
import { Empty, Failed, LoadingRows } from "@/shared/ui/states";
import classes from "./model-page.module.css";

export function EndpointsTab({ model }: { model: Model }) {
  const { t } = useTranslation();
  const endpoints = useQuery(endpointsQuery(model.id));
  return (
    <section aria-labelledby="providers">
      <Title order={2} mb={4} id="providers">
        {t("model.providers")}
      </Title>
      <Text c="dimmed" size="sm" mb="sm">
        {t("model.providersLead")}
      </Text>
      {endpoints.isPending && <LoadingRows rows={3} height={52} />}
      {endpoints.isError && <Failed error={endpoints.error} retry={() => void endpoints.refetch()} />}
      {endpoints.data?.length === 0 && (
        <Empty title={t("model.noProviders")}>{t("model.noProvidersBody")}</Empty>
      )}
      {endpoints.data && endpoints.data.length > 0 && <EndpointTable endpoints={endpoints.data} />}
    </section>
  );
}

function EndpointTable({ endpoints }: { endpoints: Endpoint[] }) {
  const { t } = useTranslation();
  return (
    <ScrollArea type="auto" viewportProps={{ tabIndex: 0, "aria-label": t("model.providers") }}>
      <Table className={classes.table} highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("common.provider")}</Table.Th>
            <Table.Th className="mp-num">{t("models.promptPrice")}</Table.Th>
            <Table.Th className="mp-num">{t("models.completionPrice")}</Table.Th>
            <Table.Th className="mp-num">{t("model.cachePrice")}</Table.Th>
            <Table.Th className="mp-num">{t("models.context")}</Table.Th>
            <Table.Th className="mp-num">{t("model.maxOutput")}</Table.Th>
            <Table.Th className="mp-num">{t("model.latency")}</Table.Th>
            <Table.Th className="mp-num">{t("model.throughput")}</Table.Th>
            <Table.Th className="mp-num">{t("model.uptime")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {endpoints.map((endpoint) => (
            <EndpointRow key={endpoint.tag} endpoint={endpoint} />
          ))}
        </Table.Tbody>
      </Table>
    </ScrollArea>
  );
}

function EndpointRow({ endpoint }: { endpoint: Endpoint }) {
  const { t } = useTranslation();
  const throughput = endpoint.throughput_last_30m?.p50;
  return (
    <Table.Tr>
      <Table.Td>
        <Group gap={8} wrap="nowrap">
          <AuthorMark author={endpoint.tag.split("/")[0] ?? ""} size={20} />
          <Text fw={600} span>
            {endpoint.provider_name}
          </Text>
          <CopyIcon value={endpoint.tag} what={t("model.providerSlug")} size="xs" />
          {endpoint.quantization && endpoint.quantization !== "unknown" && (
            <Badge size="sm" color="gray" className="mp-mono">
              {endpoint.quantization}
            </Badge>
          )}
          {endpoint.status < 0 && (
            <Badge size="sm" color="orange">
              {t("model.degraded")}
            </Badge>
          )}
          <Tooltip label={endpoint.supported_parameters.join(", ") || t("common.none")}>
            <Badge size="sm" color="gray" tabIndex={0}>
              {t("model.parameterCount", { count: endpoint.supported_parameters.length })}
            </Badge>
          </Tooltip>
        </Group>
      </Table.Td>
      <Table.Td className="mp-num">{formatPerMillion(endpoint.pricing.prompt)}</Table.Td>
      <Table.Td className="mp-num">{formatPerMillion(endpoint.pricing.completion)}</Table.Td>
      <Table.Td className="mp-num">{formatPerMillion(endpoint.pricing.input_cache_read)}</Table.Td>
      <Table.Td className="mp-num">{formatContext(endpoint.context_length)}</Table.Td>
      <Table.Td className="mp-num">
        {endpoint.max_completion_tokens ? formatContext(endpoint.max_completion_tokens) : "—"}
      </Table.Td>
      <Table.Td className="mp-num">{formatMilliseconds(endpoint.latency_last_30m?.p50)}</Table.Td>
      <Table.Td className="mp-num">{throughput ? `${formatNumber(throughput, 1)} tok/s` : "—"}</Table.Td>
      <Table.Td className="mp-num">
        <Uptime percent={endpoint.uptime_last_1d ?? endpoint.uptime_last_30m} />
      </Table.Td>
    </Table.Tr>
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
