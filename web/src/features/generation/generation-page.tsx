/** `/activity/{id}`: one generation: what it took, what it cost line by line, and why that provider answered. */
import { Badge, Container, Group, SimpleGrid, Stack, Table, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { formatMilliseconds, formatNumber, formatUsd } from "@/shared/lib/format";
import { usePageTitle } from "@/shared/lib/page-title";
import { CopyableId } from "@/shared/ui/copy";
import { Failed, LoadingRows, PageTitle } from "@/shared/ui/states";
import { When } from "@/shared/ui/time";
import classes from "./generation.module.css";
import { type Cost, costQuery, type Generation, generationQuery, type Trace } from "./queries";
import { Attempts, Choice } from "./routing";

const route = getRouteApi("/activity/$id");

export function GenerationPage() {
  const { t } = useTranslation();
  const { id } = route.useParams();
  usePageTitle(t("generation.title"));
  const generation = useQuery(generationQuery(id));
  const cost = useQuery(costQuery(id));
  return (
    <Container size="lg" w="100%" py="xl">
      <PageTitle title={t("generation.title")}>
        <CopyableId id={id} what={t("generation.id")} />
      </PageTitle>
      {generation.isPending && <LoadingRows rows={4} height={70} />}
      {generation.isError && <Failed error={generation.error} retry={() => void generation.refetch()} />}
      {generation.data && (
        <Stack gap={40}>
          <Facts generation={generation.data} />
          <section aria-labelledby="cost">
            <Title order={2} id="cost" mb="sm">
              {t("generation.cost")}
            </Title>
            {cost.isPending && <LoadingRows rows={3} />}
            {cost.isError && <Failed error={cost.error} retry={() => void cost.refetch()} />}
            {cost.data && <CostTable cost={cost.data} />}
          </section>
          <Attempts trace={generation.data.trace as Trace} />
          <Choice trace={generation.data.trace as Trace} />
        </Stack>
      )}
    </Container>
  );
}

function Facts({ generation }: { generation: Generation }) {
  const { t } = useTranslation();
  const { latency, generation_time: time, tokens_completion: tokens } = generation;
  const facts = [
    { label: t("common.model"), value: <code className="mp-mono">{generation.model}</code> },
    { label: t("common.provider"), value: generation.provider_name ?? "—" },
    { label: t("generation.when"), value: <When at={generation.created_at} /> },
    { label: t("generation.firstWord"), value: formatMilliseconds(latency) },
    { label: t("generation.writing"), value: formatMilliseconds(time) },
    {
      label: t("generation.speed"),
      value: time && tokens ? `${formatNumber((tokens / time) * 1000, 1)} tok/s` : "—",
    },
    { label: t("generation.prompt"), value: formatNumber(generation.native_tokens_prompt) },
    { label: t("generation.cached"), value: formatNumber(generation.native_tokens_cached) },
    { label: t("generation.completion"), value: formatNumber(generation.native_tokens_completion) },
    { label: t("generation.reasoning"), value: formatNumber(generation.native_tokens_reasoning) },
    { label: t("generation.finish"), value: generation.finish_reason ?? "—" },
    { label: t("common.cost"), value: formatUsd(generation.total_cost) },
  ];
  return (
    <div>
      <Group gap={6} mb="sm">
        {generation.streamed && <Badge color="gray">{t("generation.streamed")}</Badge>}
        {generation.cancelled && <Badge color="orange">{t("generation.cancelled")}</Badge>}
        {generation.tokens_estimated && <Badge color="orange">{t("generation.estimated")}</Badge>}
      </Group>
      <SimpleGrid component="dl" cols={{ base: 2, sm: 3, lg: 4 }} className={classes.facts}>
        {facts.map(({ label, value }) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </SimpleGrid>
    </div>
  );
}

const COMPONENTS = [
  "prompt",
  "completion",
  "request",
  "image",
  "image_token",
  "image_output",
  "audio",
  "audio_output",
  "web_search",
  "internal_reasoning",
  "input_cache_read",
  "input_cache_write",
  "input_cache_write_1h",
] as const;

function CostTable({ cost }: { cost: Cost }) {
  const { t } = useTranslation();
  const name = (component: string) => {
    const known = COMPONENTS.find((each) => each === component);
    return known ? t(`model.prices.${known}`) : component;
  };
  const adjusted = Number(cost.adjustment) !== 0;
  return (
    <div className="mp-scroll-x">
      <Table maw={760}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th miw={96}>{t("generation.what")}</Table.Th>
            <Table.Th className="mp-num">{t("generation.units")}</Table.Th>
            <Table.Th className="mp-num">{t("generation.price")}</Table.Th>
            <Table.Th className="mp-num">{t("generation.amount")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {cost.lines.map((line) => (
            <Table.Tr key={line.component}>
              <Table.Td>{name(line.component)}</Table.Td>
              <Table.Td className="mp-num">{formatNumber(line.units)}</Table.Td>
              <Table.Td className="mp-num">{formatUsd(Number(line.price))}</Table.Td>
              <Table.Td className="mp-num">{formatUsd(Number(line.amount))}</Table.Td>
            </Table.Tr>
          ))}
          {adjusted && (
            <Table.Tr>
              <Table.Td colSpan={3}>{t("generation.adjustment")}</Table.Td>
              <Table.Td className="mp-num">{formatUsd(Number(cost.adjustment))}</Table.Td>
            </Table.Tr>
          )}
          <Table.Tr fw={650}>
            <Table.Td colSpan={3}>{t("generation.total")}</Table.Td>
            <Table.Td className="mp-num">{formatUsd(Number(cost.total))}</Table.Td>
          </Table.Tr>
        </Table.Tbody>
      </Table>
      <Text size="sm" c="dimmed" mt={6}>
        {Number(cost.factor) !== 1 && `${t("generation.factor", { factor: cost.factor })} `}
        {Number(cost.discount) !== 0 && t("generation.discount", { discount: cost.discount })}
      </Text>
    </div>
  );
}
