/** `/compare`: two to four models side by side: what they cost and can do, how fast they are, and one prompt on each. */
import { Button, Container, Group, Select, Stack, Text } from "@mantine/core";
import { IconMessages } from "@tabler/icons-react";
import { useQueries, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { endpointsQuery, type Model, marketQuery, modelsQuery } from "@/shared/api/models";
import { usePageTitle } from "@/shared/lib/page-title";
import { LinkButton } from "@/shared/ui/links";
import { OwnPrices } from "@/shared/ui/own-prices";
import { Empty, Failed, LoadingRows, PageTitle } from "@/shared/ui/states";
import { Facts } from "./facts";
import { SamePrompt } from "./same-prompt";
import { MOST } from "./search";

const route = getRouteApi("/compare");

export function ComparePage() {
  const { t } = useTranslation();
  usePageTitle(t("shell.compare"));
  const { models: ids = [] } = route.useSearch();
  const navigate = route.useNavigate();
  const models = useQuery(modelsQuery);
  const market = useQuery(marketQuery);
  const shown = ids.flatMap((id) => models.data?.find((model) => model.id === id) ?? []);
  const endpoints = useQueries({ queries: shown.map((model) => endpointsQuery(model.id)) });
  const set = (next: string[]) =>
    void navigate({ search: next.length ? { models: next } : {}, resetScroll: false });
  const unknown = models.data ? ids.filter((id) => !shown.some((model) => model.id === id)) : [];
  return (
    <Container size="xl" w="100%" py="xl">
      <PageTitle
        title={t("shell.compare")}
        aside={
          shown.length > 0 && (
            <LinkButton
              to="/chat"
              search={{ models: shown.map((model) => model.id) }}
              variant="default"
              leftSection={<IconMessages size={17} />}
            >
              {t("compare.inChat")}
            </LinkButton>
          )
        }
      >
        {t("compare.lead")}
        <OwnPrices of={shown} isStruck />
      </PageTitle>
      {models.isPending && <LoadingRows rows={8} />}
      {models.isError && <Failed error={models.error} retry={() => void models.refetch()} />}
      {models.data && (
        <Stack gap="xl">
          <Group gap="sm" align="flex-end">
            <Add models={models.data} taken={ids} add={(id) => set([...ids, id])} />
            {ids.length > 0 && (
              <Button variant="subtle" size="sm" onClick={() => set([])}>
                {t("compare.clear")}
              </Button>
            )}
          </Group>
          {unknown.length > 0 && (
            <Text c="dimmed" role="status">
              {t("compare.unknown", { ids: unknown.join(", ") })}
            </Text>
          )}
          {shown.length === 0 ? (
            <Empty title={t("compare.none")}>{t("compare.noneBody")}</Empty>
          ) : (
            <>
              <Facts
                models={shown}
                market={market.data}
                endpoints={endpoints.map((each) => each.data)}
                remove={(id) => set(ids.filter((each) => each !== id))}
              />
              <SamePrompt key={ids.join(" ")} models={shown} />
            </>
          )}
        </Stack>
      )}
    </Container>
  );
}

function Add({ models, taken, add }: { models: Model[]; taken: string[]; add: (id: string) => void }) {
  const { t } = useTranslation();
  const full = taken.length >= MOST;
  const [query, setQuery] = useState("");
  return (
    <Select
      label={t("compare.add")}
      placeholder={full ? t("compare.full", { count: MOST }) : t("compare.find")}
      disabled={full}
      searchable
      value={null}
      searchValue={query}
      onSearchChange={setQuery}
      limit={60}
      flex="1 1 200px"
      maw={360}
      data={models
        .filter((model) => !taken.includes(model.id))
        .map((model) => ({ value: model.id, label: model.id }))}
      nothingFoundMessage={t("models.none")}
      // The field is empty again, and the keyboard still in it: most want one more.
      onOptionSubmit={(id) => {
        add(id);
        setQuery("");
      }}
    />
  );
}
