/** `/models`: every model, filtered and sorted as one types, as a list or as cards. */
import {
  Box,
  Button,
  Container,
  Drawer,
  Group,
  SegmentedControl,
  Select,
  Text,
  TextInput,
} from "@mantine/core";
import { useDebouncedCallback, useDisclosure } from "@mantine/hooks";
import { IconAdjustmentsHorizontal, IconLayoutGrid, IconList, IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { marketQuery, modelsQuery, myModelsQuery } from "@/shared/api/models";
import { useMe } from "@/shared/api/session";
import { usePageTitle } from "@/shared/lib/page-title";
import { OwnPrices } from "@/shared/ui/own-prices";
import { Empty, Failed, LoadingRows, PageTitle } from "@/shared/ui/states";
import { asksTheMarket, facetsOf, filterModels } from "./filter";
import { Filters } from "./filters";
import { ModelList } from "./model-list";
import classes from "./models-page.module.css";
import { type ModelsSearch, readModelsSearch, SORTS } from "./search";

const route = getRouteApi("/models");
const NO_FILTERS = ["q", "sort", "view"];

export function ModelsPage() {
  const { t } = useTranslation();
  usePageTitle(t("shell.models"));
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const me = useMe();
  // Whose they are is asked for first; without anybody signed in, an address that says so means every model.
  const mine = search.mine === true && me !== null;
  const everything = useQuery({ ...modelsQuery, enabled: !mine });
  const allowed = useQuery({ ...myModelsQuery, enabled: mine && Boolean(me) });
  const models = mine ? allowed : everything;
  const market = useQuery(marketQuery);
  // What only the market's figures can answer waits for them, and fails with them.
  const asked = models.isSuccess && asksTheMarket(search) ? market : models;
  const [drawer, { open, close }] = useDisclosure(false);
  const deferred = useDeferredValue(search);
  const shown = useMemo(
    () => filterModels(models.data ?? [], deferred, market.data),
    [models.data, deferred, market.data],
  );
  const facets = useMemo(() => facetsOf(models.data ?? [], market.data), [models.data, market.data]);

  // What is chosen is a step that "back" undoes; what is typed is one with all its letters.
  const change = (part: Partial<ModelsSearch>, isTyped = false) =>
    void navigate({
      search: (now) => readModelsSearch({ ...now, ...part }),
      replace: isTyped,
      resetScroll: false,
    });
  const clear = () => void navigate({ search: search.view ? { view: search.view } : {}, resetScroll: false });
  const active = Object.keys(search).filter((name) => !NO_FILTERS.includes(name)).length;
  const filters = <Filters search={search} facets={facets} change={change} signedIn={Boolean(me)} />;

  return (
    <Container size="xl" w="100%" py="xl">
      <PageTitle title={t("shell.models")} />
      <div className={classes.page}>
        <aside className={classes.side} aria-label={t("models.filters")}>
          {filters}
        </aside>
        <div className={classes.content}>
          <Group gap="sm" mb="sm">
            <SearchField value={search.q ?? ""} change={(q) => change({ q }, search.q !== undefined)} />
            <Button
              variant="default"
              hiddenFrom="md"
              leftSection={<IconAdjustmentsHorizontal size={17} />}
              onClick={open}
            >
              {t("models.filters")}
              {active > 0 ? ` · ${active}` : ""}
            </Button>
            <Select
              aria-label={t("models.sort")}
              flex="1 1 150px"
              maw={{ md: 230 }}
              allowDeselect={false}
              value={search.sort ?? "newest"}
              data={SORTS.map((sort) => ({ value: sort, label: t(`models.sorts.${sort}`) }))}
              onChange={(sort) => change({ sort: SORTS.find((each) => each === sort) })}
            />
          </Group>
          <Group justify="space-between" mb="xs" mih={30} wrap="nowrap">
            <Text size="sm" c="dimmed" role="status">
              {asked.isSuccess ? t("models.count", { count: shown.length }) : " "}
              <OwnPrices of={shown} after=" · " />
            </Text>
            <Group gap="xs" ml="auto" wrap="nowrap" flex="none">
              {(active > 0 || search.q) && (
                <Button variant="subtle" size="compact-sm" onClick={clear}>
                  {t("models.clear")}
                </Button>
              )}
              <SegmentedControl
                aria-label={t("models.view")}
                value={search.view ?? "list"}
                onChange={(view) => change({ view: view === "cards" ? "cards" : undefined })}
                data={[
                  {
                    value: "list",
                    label: (
                      <IconList
                        size={17}
                        role="img"
                        aria-label={t("models.list")}
                        style={{ display: "block" }}
                      />
                    ),
                  },
                  {
                    value: "cards",
                    label: (
                      <IconLayoutGrid
                        size={17}
                        role="img"
                        aria-label={t("models.cards")}
                        style={{ display: "block" }}
                      />
                    ),
                  },
                ]}
              />
            </Group>
          </Group>
          {asked.isError && <Failed error={asked.error} retry={() => void asked.refetch()} />}
          {asked.isPending && <LoadingRows rows={10} height={58} />}
          {asked.isSuccess && shown.length === 0 && (
            <Empty
              title={t("models.none")}
              action={
                <Button variant="default" mt="sm" onClick={clear}>
                  {t("models.clear")}
                </Button>
              }
            >
              {t("models.noneBody")}
            </Empty>
          )}
          {shown.length > 0 && (
            <ModelList models={shown} market={market.data} cards={search.view === "cards"} />
          )}
        </div>
      </div>
      <Drawer
        opened={drawer}
        onClose={close}
        title={t("models.filters")}
        size="min(340px, 92vw)"
        closeButtonProps={{ "aria-label": t("common.close") }}
      >
        <Box pb="xl">{filters}</Box>
      </Drawer>
    </Container>
  );
}

function SearchField({ value, change }: { value: string; change: (value: string) => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState(value);
  const told = useRef(value);
  const later = useDebouncedCallback((next: string) => {
    told.current = next;
    change(next);
  }, 120);
  // The address changes by other means too: back, or "clear". What comes back of one's own words is older than they are.
  useEffect(() => {
    if (value !== told.current) setText(value);
    told.current = value;
  }, [value]);
  return (
    <TextInput
      flex="1 1 220px"
      leftSection={<IconSearch size={16} />}
      placeholder={t("models.search")}
      aria-label={t("models.search")}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        later(event.currentTarget.value);
      }}
    />
  );
}
