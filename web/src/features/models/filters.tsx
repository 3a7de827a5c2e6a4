/** The filters beside the list of models. */
import { Checkbox, Chip, Group, MultiSelect, Select, Stack, Switch } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { accountSettingsQuery } from "@/shared/api/models";
import { useMay } from "@/shared/api/session";
import { formatContext, formatUsd } from "@/shared/lib/format";
import { useModality } from "@/shared/lib/modality";
import type { Facets } from "./filter";
import classes from "./models-page.module.css";
import { type ModelsSearch, POLICIES } from "./search";

interface Props {
  search: ModelsSearch;
  facets: Facets;
  change: (part: Partial<ModelsSearch>) => void;
  /** Whether one can ask for what one's account may use. */
  signedIn: boolean;
}

const CONTEXTS = [8192, 32_768, 65_536, 131_072, 200_000, 1_000_000];
const PRICES = [0.1, 0.5, 1, 3, 10];
const SPEEDS = [20, 50, 100, 200];
/** Abilities people look for; the other parameters are in the list below them. */
const ABILITIES = ["tools", "structured_outputs", "reasoning"] as const;

export function Filters({ search, facets, change, signedIn }: Props) {
  const { t } = useTranslation();
  const modality = useModality();
  const rest = facets.params.filter((each) => !ABILITIES.some((ability) => ability === each));
  const chosenRest = (search.params ?? []).filter((each) => rest.includes(each));
  const chosenAbilities = (search.params ?? []).filter((each) => !rest.includes(each));
  return (
    <Stack gap="lg">
      {signedIn && <Mine checked={search.mine ?? false} change={(mine) => change({ mine })} />}
      <Switch
        label={t("models.onlyFree")}
        checked={search.free ?? false}
        onChange={(event) => change({ free: event.currentTarget.checked || undefined })}
      />
      <Chips
        label={t("models.inputs")}
        values={search.input ?? []}
        all={facets.input}
        text={modality}
        change={(input) => change({ input })}
      />
      <Chips
        label={t("models.outputs")}
        values={search.output ?? []}
        all={facets.output}
        text={modality}
        change={(output) => change({ output })}
      />
      <Checkbox.Group
        label={<span className={classes.label}>{t("models.abilities")}</span>}
        value={chosenAbilities}
        onChange={(abilities) => change({ params: [...abilities, ...chosenRest] })}
      >
        <Stack gap={8} mt={8}>
          {ABILITIES.map((each) => (
            <Checkbox key={each} size="sm" value={each} label={t(`models.parameters.${each}`)} />
          ))}
        </Stack>
      </Checkbox.Group>
      <Select
        label={t("models.contextAtLeast")}
        clearable
        placeholder={t("models.any")}
        value={search.context === undefined ? null : String(search.context)}
        data={CONTEXTS.map((size) => ({ value: String(size), label: formatContext(size) }))}
        onChange={(value) => change({ context: value === null ? undefined : Number(value) })}
      />
      <Select
        label={t("models.priceAtMost")}
        clearable
        placeholder={t("models.any")}
        value={search.maxPrice === undefined ? null : String(search.maxPrice)}
        data={PRICES.map((price) => ({
          value: String(price),
          label: `${formatUsd(price)} ${t("models.perMillion")}`,
        }))}
        onChange={(value) => change({ maxPrice: value === null ? undefined : Number(value) })}
      />
      <Select
        label={t("models.speedAtLeast")}
        clearable
        placeholder={t("models.any")}
        value={search.speed === undefined ? null : String(search.speed)}
        data={SPEEDS.map((speed) => ({ value: String(speed), label: `${speed} tok/s` }))}
        onChange={(value) => change({ speed: value === null ? undefined : Number(value) })}
      />
      <Select
        label={t("models.policy")}
        clearable
        placeholder={t("models.any")}
        value={search.policy ?? null}
        data={POLICIES.map((each) => ({ value: each, label: t(`models.policies.${each}`) }))}
        onChange={(value) => change({ policy: POLICIES.find((each) => each === value) })}
      />
      <MultiSelect
        label={t("models.providers")}
        placeholder={search.providers ? undefined : t("models.any")}
        searchable
        clearable
        value={search.providers ?? []}
        data={facets.providers}
        onChange={(providers) => change({ providers })}
      />
      <MultiSelect
        label={t("models.series")}
        placeholder={search.series ? undefined : t("models.any")}
        searchable
        clearable
        value={search.series ?? []}
        data={facets.series}
        onChange={(series) => change({ series })}
      />
      <MultiSelect
        label={t("models.authors")}
        placeholder={search.authors ? undefined : t("models.any")}
        searchable
        clearable
        value={search.authors ?? []}
        data={facets.authors.map(({ name, count }) => ({ value: name, label: `${name} (${count})` }))}
        onChange={(authors) => change({ authors })}
      />
      <MultiSelect
        label={t("models.otherParameters")}
        placeholder={chosenRest.length ? undefined : t("models.any")}
        searchable
        clearable
        value={chosenRest}
        data={rest}
        onChange={(values) => change({ params: [...chosenAbilities, ...values] })}
      />
    </Stack>
  );
}

/** What the account's rules leave. Where the account lists nothing else anyway, it is on and stays so. */
function Mine({ checked, change }: { checked: boolean; change: (mine: true | undefined) => void }) {
  const { t } = useTranslation();
  const may = useMay();
  const settings = useQuery({ ...accountSettingsQuery, enabled: may("settings:read") });
  const always = settings.data?.is_filtered_model_catalog_enabled ?? false;
  return (
    <Switch
      label={t("models.onlyMine")}
      description={t(always ? "models.alwaysMine" : "models.onlyMineNote")}
      checked={checked || always}
      disabled={always}
      onChange={(event) => change(event.currentTarget.checked || undefined)}
    />
  );
}

interface ChipsProps {
  label: string;
  values: string[];
  all: string[];
  text: (value: string) => string;
  change: (values: string[]) => void;
}

function Chips({ label, values, all, text, change }: ChipsProps) {
  const id = useId();
  if (all.length === 0) return null;
  return (
    <div role="group" aria-labelledby={id}>
      <div className={classes.label} id={id}>
        {label}
      </div>
      <Chip.Group multiple value={values} onChange={change}>
        <Group gap={6}>
          {all.map((each) => (
            <Chip key={each} value={each} size="xs" variant="outline">
              {text(each)}
            </Chip>
          ))}
        </Group>
      </Chip.Group>
    </div>
  );
}
