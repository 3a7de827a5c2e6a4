/** `/`: what this is in a line, a search over models, those that are free, and the way to a first call. */
import { Button, Container, Group, SimpleGrid, Skeleton, Stack, Text, TextInput, Title } from "@mantine/core";
import { IconArrowRight, IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { isFree, type Model, modelsQuery, providersQuery } from "@/shared/api/models";
import { featuresQuery, useMe } from "@/shared/api/session";
import { formatNumber } from "@/shared/lib/format";
import { usePageTitle } from "@/shared/lib/page-title";
import { LinkAnchor } from "@/shared/ui/links";
import { ModelCard } from "@/shared/ui/model-card";
import { OwnPrices } from "@/shared/ui/own-prices";
import { Failed } from "@/shared/ui/states";
import classes from "./home-page.module.css";
import { Steps } from "./steps";

const SHOWN = 6;

export function HomePage() {
  const { t } = useTranslation();
  usePageTitle(null);
  const models = useQuery(modelsQuery);
  const me = useMe();
  const features = useQuery(featuresQuery);
  // Without an account where the operator allows it.
  const canTry = Boolean(me) || (me === null && features.data?.guests_may_try === true);
  const free = useMemo(() => (models.data ?? []).filter(isFree), [models.data]);
  const newest = useMemo(
    () => [...(models.data ?? [])].sort((one, other) => other.created - one.created).slice(0, SHOWN),
    [models.data],
  );
  // On a server that has just begun they are the free ones again: those stand above already.
  const isNews = newest.some((model) => !free.slice(0, SHOWN).includes(model));
  return (
    <>
      <Hero models={models.data} free={free.length} />
      <Container size="xl" w="100%">
        <Stack gap={48}>
          {models.isError && <Failed error={models.error} retry={() => void models.refetch()} />}
          {!models.isError && (
            <section aria-labelledby="free-models">
              <Group justify="space-between" align="baseline" mb="md">
                <Group gap="sm" align="baseline">
                  <Title order={2} id="free-models">
                    {t("home.free")}
                  </Title>
                  <Text c="dimmed">{t(me === null && canTry ? "home.freeGuests" : "home.freeLead")}</Text>
                </Group>
                {free.length > SHOWN && (
                  <LinkAnchor to="/models" search={{ free: true }}>
                    {t("home.all")}
                  </LinkAnchor>
                )}
              </Group>
              {models.isPending ? (
                <Cards />
              ) : (
                <Grid models={free.slice(0, SHOWN)} empty={t("home.freeNone")} canTry={canTry} />
              )}
            </section>
          )}
          <Steps example={free[0]?.id ?? newest[0]?.id} />
          {isNews && (
            <section aria-labelledby="newest-models">
              <Title order={2} id="newest-models" mb="md">
                {t("home.newest")}
              </Title>
              <Text size="sm" c="dimmed" mb="sm" mt="-sm" component="div">
                <OwnPrices of={newest} />
              </Text>
              <Grid models={newest} empty="" />
            </section>
          )}
        </Stack>
      </Container>
    </>
  );
}

function Grid({ models, empty, canTry }: { models: Model[]; empty: string; canTry?: boolean }) {
  const { t } = useTranslation();
  if (models.length === 0) return <Text c="dimmed">{empty}</Text>;
  return (
    <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="md">
      {models.map((model) => (
        <ModelCard
          key={model.id}
          model={model}
          action={
            canTry && (
              <LinkAnchor
                to="/chat"
                search={{ model: model.id }}
                aria-label={t("home.tryOf", { name: model.name })}
              >
                {t("home.try")}
              </LinkAnchor>
            )
          }
        />
      ))}
    </SimpleGrid>
  );
}

function Cards() {
  return (
    <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="md">
      <Skeleton h={150} radius="md" />
      <Skeleton h={150} radius="md" />
      <Skeleton h={150} radius="md" />
    </SimpleGrid>
  );
}

function Hero({ models, free }: { models: Model[] | undefined; free: number }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [query, setQuery] = useState("");
  const providers = useQuery(providersQuery);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void navigate({ to: "/models", search: query.trim() ? { q: query.trim() } : {} });
  };
  const figures = [
    { label: t("home.models"), value: models?.length },
    { label: t("home.freeCount"), value: models && free },
    { label: t("home.providers"), value: providers.data?.length },
  ];
  return (
    <div className={classes.hero}>
      <Container size="xl">
        <h1 className={classes.title}>{t("home.title")}</h1>
        <p className={classes.lead}>{t("home.lead")}</p>
        <form onSubmit={submit} className={classes.search}>
          <TextInput
            size="md"
            flex={1}
            leftSection={<IconSearch size={18} />}
            placeholder={models ? t("home.search", { count: models.length }) : t("home.searchNone")}
            aria-label={t("home.searchNone")}
            value={query}
            onChange={(event) => setQuery(event.currentTarget.value)}
          />
          <Button type="submit" size="md" rightSection={<IconArrowRight size={17} />}>
            {query.trim() ? t("common.search") : t("home.browse")}
          </Button>
        </form>
        <dl className={classes.figures}>
          {figures.map(({ label, value }) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd>{value === undefined ? "–" : formatNumber(value)}</dd>
            </div>
          ))}
        </dl>
      </Container>
    </div>
  );
}
