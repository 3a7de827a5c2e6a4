/** `/{author}/{slug}`: one model, who serves it at what price and how fast, and how to call it. */
import { Badge, Container, Group, Skeleton, Stack, Tabs, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/shared/api/client";
import { authorOf, isFree, type Model, modelMarketQuery, modelQuery } from "@/shared/api/models";
import { formatCompact, formatContext, shortDate } from "@/shared/lib/format";
import { useModality } from "@/shared/lib/modality";
import { usePageTitle } from "@/shared/lib/page-title";
import { AuthorMark } from "@/shared/ui/author-mark";
import { CopyableId } from "@/shared/ui/copy";
import { Price } from "@/shared/ui/price";
import { Empty, Failed, LoadingRows } from "@/shared/ui/states";
import { ActivityTab } from "./activity-tab";
import { ApiTab } from "./api-tab";
import { Description } from "./description";
import { EndpointsTab } from "./endpoints-tab";
import { ModelButtons } from "./model-buttons";
import classes from "./model-page.module.css";
import { PriceList } from "./price-list";

const route = getRouteApi("/$author/$slug");

export function ModelPage() {
  const { t } = useTranslation();
  const { author, slug } = route.useParams();
  const id = `${author}/${slug}`;
  const model = useQuery(modelQuery(id));
  usePageTitle(model.data?.name ?? id);

  if (model.isError) {
    return (
      <Container size="lg" w="100%" py="xl">
        {model.error instanceof ApiError && model.error.status === 404 ? (
          <Empty isPage title={t("model.unknown")}>
            {t("model.unknownBody", { id })}
          </Empty>
        ) : (
          <Failed error={model.error} retry={() => void model.refetch()} />
        )}
      </Container>
    );
  }
  return (
    <Container size="xl" w="100%" py="xl">
      {model.data ? <Header model={model.data} /> : <HeaderLoading />}
      {model.data ? <Body model={model.data} /> : <LoadingRows rows={4} height={64} />}
    </Container>
  );
}

function HeaderLoading() {
  return (
    <Stack gap="sm" mb="xl">
      <Skeleton h={34} w={320} maw="80%" />
      <Skeleton h={18} w={220} />
      <Skeleton h={56} maw={760} />
    </Stack>
  );
}

function Header({ model }: { model: Model }) {
  const { t } = useTranslation();
  const modality = useModality();
  const market = useQuery(modelMarketQuery(model.id, "month"));
  const limits = model.top_provider;
  const facts = [
    { label: t("models.context"), value: model.context_length ? formatContext(model.context_length) : "—" },
    {
      label: t("model.maxOutput"),
      value: limits.max_completion_tokens ? formatContext(limits.max_completion_tokens) : "—",
    },
    {
      label: t("models.promptPrice"),
      value: <Price of={model.pricing.prompt} usual={model.usual?.prompt} />,
    },
    {
      label: t("models.completionPrice"),
      value: <Price of={model.pricing.completion} usual={model.usual?.completion} />,
    },
    {
      label: t("models.weekly"),
      value: market.data ? formatCompact(market.data.weekly_tokens) : "—",
    },
    { label: t("model.created"), value: shortDate(new Date(model.created * 1000)) },
    ...(model.knowledge_cutoff ? [{ label: t("model.cutoff"), value: model.knowledge_cutoff }] : []),
  ];
  return (
    <header className={classes.header}>
      <Group justify="space-between" align="flex-start" gap="md">
        <Group gap="md" wrap="nowrap" align="flex-start" miw={0}>
          <AuthorMark author={authorOf(model.id)} size={40} />
          <div className={classes.names}>
            <Title order={1}>{model.name}</Title>
            <div className={classes.id}>
              <CopyableId id={model.id} />
            </div>
          </div>
        </Group>
        <ModelButtons model={model} />
      </Group>
      <Group gap={6} mt="sm">
        {isFree(model) && <Badge>{t("common.free")}</Badge>}
        {model.usual && <Badge>{t("model.ownPrice")}</Badge>}
        {model.architecture.input_modalities.map((each) => (
          <Badge key={`in-${each}`} color="gray">
            {t("model.takes", { what: modality(each) })}
          </Badge>
        ))}
        {model.architecture.output_modalities
          .filter((each) => each !== "text")
          .map((each) => (
            <Badge key={`out-${each}`} color="gray">
              {t("model.gives", { what: modality(each) })}
            </Badge>
          ))}
        {model.expiration_date && (
          <Badge color="orange">{t("models.retires", { date: model.expiration_date })}</Badge>
        )}
      </Group>
      <Description text={model.description} />
      <dl className={classes.facts}>
        {facts.map(({ label, value }) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </header>
  );
}

function Body({ model }: { model: Model }) {
  const { t } = useTranslation();
  const { tab = "providers" } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <Tabs
      value={tab}
      keepMounted={false}
      onChange={(value) =>
        void navigate({
          search: value === "api" || value === "activity" ? { tab: value } : {},
          replace: true,
          resetScroll: false,
        })
      }
    >
      <Tabs.List mb="lg">
        <Tabs.Tab value="providers">{t("model.providers")}</Tabs.Tab>
        <Tabs.Tab value="activity">{t("model.activity")}</Tabs.Tab>
        <Tabs.Tab value="api">{t("model.api")}</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="providers">
        <Stack gap="xl">
          <EndpointsTab model={model} />
          <PriceList model={model} />
          <section>
            <Title order={2} mb="sm">
              {t("model.parameters")}
            </Title>
            <Group gap={6}>
              {model.supported_parameters.map((each) => (
                <Badge key={each} color="gray" className="mp-mono">
                  {each}
                </Badge>
              ))}
              {model.supported_parameters.length === 0 && <Text c="dimmed">{t("common.unknown")}</Text>}
            </Group>
          </section>
        </Stack>
      </Tabs.Panel>
      <Tabs.Panel value="activity">
        <ActivityTab model={model} />
      </Tabs.Panel>
      <Tabs.Panel value="api">
        <ApiTab model={model} />
      </Tabs.Panel>
    </Tabs>
  );
}
