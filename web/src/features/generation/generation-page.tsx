/** `/activity/{id}`: one generation: what it took, what it cost line by line, and why that provider answered. */
import { Badge, Box, Container, Group, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Messages } from "@/shared/i18n/languages/en";
import { exactColumn } from "@/shared/lib/exact";
import { formatMilliseconds, formatNumber, formatUsd } from "@/shared/lib/format";
import { usePageTitle } from "@/shared/lib/page-title";
import { CopyableId } from "@/shared/ui/copy";
import { DataTable } from "@/shared/ui/data-table";
import { LinkAnchor } from "@/shared/ui/links";
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
          {generation.data.response_cache_source_id && (
            <Text>
              {t("generation.fromCache")}{" "}
              <LinkAnchor
                to="/activity/$id"
                params={{ id: generation.data.response_cache_source_id }}
                underline="always"
              >
                {generation.data.response_cache_source_id}
              </LinkAnchor>
            </Text>
          )}
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
  const { t, i18n } = useTranslation();
  const { latency, generation_time: time, tokens_completion: tokens, finish_reason: finish } = generation;
  const ended =
    finish && i18n.exists(`generation.finishes.${finish}`)
      ? t(`generation.finishes.${finish as keyof Messages["generation"]["finishes"]}`)
      : null;
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
    {
      label: t("generation.finish"),
      value: (
        <>
          {ended} {finish ? <code className="mp-mono">{finish}</code> : "—"}
        </>
      ),
    },
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

const FACTOR_DIGITS = 6;

/** The server's exact fraction, `13/10`, as it is read. */
function asDecimal(fraction: string): string {
  const [above, below = "1"] = fraction.split("/");
  return String(Number((Number(above) / Number(below)).toFixed(FACTOR_DIGITS)));
}

function CostTable({ cost }: { cost: Cost }) {
  const { t } = useTranslation();
  const name = (component: string) => {
    const known = COMPONENTS.find((each) => each === component);
    return known ? t(`model.prices.${known}`) : component;
  };
  // To the last digit: whoever adds the lines up comes to the total.
  const prices = exactColumn(cost.lines.map(({ price }) => price));
  const amounts = exactColumn([...cost.lines.map(({ amount }) => amount), cost.adjustment, cost.total]);
  const sum = { units: "", price: "" };
  const rows = [
    ...cost.lines.map(({ component, units }, index) => ({
      what: name(component),
      units: formatNumber(units),
      price: prices[index],
      amount: amounts[index],
    })),
    ...(Number(cost.adjustment) === 0
      ? []
      : [{ ...sum, what: t("generation.adjustment"), amount: amounts.at(-2) }]),
    { ...sum, what: t("generation.total"), amount: amounts.at(-1) },
  ];
  return (
    <Box maw={760}>
      <DataTable
        rows={rows}
        keyOf={({ what }) => what}
        label={t("generation.cost")}
        isSum={(row) => row === rows.at(-1)}
        columns={[
          { label: t("generation.what"), cell: ({ what }) => what },
          { label: t("generation.units"), isNumber: true, cell: ({ units }) => units },
          { label: t("generation.price"), isNumber: true, cell: ({ price }) => price },
          { label: t("generation.amount"), isNumber: true, cell: ({ amount }) => amount },
        ]}
      />
      <Text size="sm" c="dimmed" mt={6}>
        {cost.factor !== "1" && `${t("generation.factor", { factor: asDecimal(cost.factor) })} `}
        {Number(cost.discount) !== 0 && t("generation.discount", { discount: cost.discount })}
      </Text>
    </Box>
  );
}
