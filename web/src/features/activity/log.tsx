/** Every generation, newest first, as far as the filters let it through. A row leads to its page. */
import { Badge, Button, Group, Select, Text, TextInput } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { authorOf, modelsQuery, providersQuery } from "@/shared/api/models";
import { formatMilliseconds, formatNumber, formatUsd } from "@/shared/lib/format";
import { AuthorMark } from "@/shared/ui/author-mark";
import { DataTable } from "@/shared/ui/data-table";
import { LinkAnchor } from "@/shared/ui/links";
import { Empty, Failed, LoadingRows } from "@/shared/ui/states";
import { When } from "@/shared/ui/time";
import { keysQuery, logQuery, type Row } from "./queries";
import { type ActivitySearch, STATES } from "./search";

const FINISHES = ["stop", "length", "tool_calls", "content_filter", "error"] as const;

interface Props {
  search: ActivitySearch;
  change: (part: Partial<ActivitySearch>) => void;
}

export function Log({ search, change }: Props) {
  const { t } = useTranslation();
  const log = useInfiniteQuery(logQuery(search));
  const rows = log.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <>
      <Filters search={search} change={change} />
      {log.isPending && <LoadingRows rows={6} />}
      {log.isError && <Failed error={log.error} retry={() => void log.refetch()} />}
      {log.data && rows.length === 0 && <Empty title={t("activity.none")}>{t("activity.noneBody")}</Empty>}
      {rows.length > 0 && <Rows rows={rows} />}
      {log.hasNextPage && (
        <Group justify="center" mt="md">
          <Button variant="default" loading={log.isFetchingNextPage} onClick={() => void log.fetchNextPage()}>
            {t("common.moreRows")}
          </Button>
        </Group>
      )}
    </>
  );
}

function Rows({ rows }: { rows: Row[] }) {
  const { t } = useTranslation();
  return (
    <DataTable
      isDense
      rows={rows}
      keyOf={({ id }) => id}
      label={t("activity.log")}
      columns={[
        {
          label: t("generation.when"),
          cell: ({ id, created_at }) => (
            <LinkAnchor to="/activity/$id" params={{ id }} size="sm" title={t("activity.open")}>
              <When at={created_at} />
            </LinkAnchor>
          ),
        },
        { label: t("common.model"), cell: ({ model }) => <ModelName model={model} /> },
        { label: t("common.provider"), cell: ({ provider_name }) => provider_name ?? "—" },
        { label: t("activity.from"), cell: (row) => <From row={row} /> },
        {
          label: t("activity.inOut"),
          isNumber: true,
          cell: (row) => `${formatNumber(row.prompt_tokens)} → ${formatNumber(row.completion_tokens)}`,
        },
        { label: t("common.cost"), isNumber: true, cell: ({ cost }) => formatUsd(cost) },
        { label: t("activity.pace"), isNumber: true, cell: (row) => <Pace row={row} /> },
        { label: t("common.state"), cell: (row) => <State row={row} /> },
      ]}
    />
  );
}

/** Tokens a second while it wrote, where it was seen writing; below, how long the first one took. */
function Pace({ row: { generation_ms, completion_tokens, latency_ms } }: { row: Row }) {
  return (
    <div>
      {generation_ms && completion_tokens
        ? `${formatNumber((completion_tokens / generation_ms) * 1000, 1)} tok/s`
        : "—"}
      <Text size="xs" c="dimmed">
        {formatMilliseconds(latency_ms)}
      </Text>
    </div>
  );
}

function ModelName({ model }: { model: string }) {
  return (
    <Group gap={7} wrap="nowrap">
      <AuthorMark author={authorOf(model)} size={16} />
      <code className="mp-mono">{model}</code>
    </Group>
  );
}

function From({ row: { key_name, app } }: { row: Row }) {
  const { t } = useTranslation();
  return (
    <div>
      {key_name ?? t("activity.browser")}
      {app && (
        <Text size="xs" c="dimmed">
          {app}
        </Text>
      )}
    </div>
  );
}

function State({ row: { status, finish_reason } }: { row: Row }) {
  const { t } = useTranslation();
  const known = STATES.find((each) => each === status);
  const finish = FINISHES.find((each) => each === finish_reason);
  const ended = finish ? t(`generation.finishes.${finish}`) : finish_reason;
  return (
    <Badge
      color={status === "ok" ? "gray" : status === "cancelled" ? "orange" : "red"}
      title={finish_reason ?? undefined}
    >
      {(status === "ok" && ended) || (known ? t(`activity.states.${known}`) : status)}
    </Badge>
  );
}

function Filters({ search, change }: Props) {
  const { t } = useTranslation();
  const models = useQuery(modelsQuery);
  const providers = useQuery(providersQuery);
  const keys = useQuery(keysQuery);
  const plain = (ids: string[], chosen: string | undefined) => [...new Set(chosen ? [chosen, ...ids] : ids)];
  const common = {
    size: "xs",
    clearable: true,
    searchable: true,
    w: 190,
    placeholder: t("models.any"),
  } as const;
  return (
    <Group gap="sm" mb="md" align="flex-end">
      <Select
        {...common}
        label={t("common.model")}
        value={search.model ?? null}
        data={plain(
          (models.data ?? []).map(({ id }) => id),
          search.model,
        )}
        limit={60}
        onChange={(model) => change({ model: model ?? undefined })}
      />
      <Select
        {...common}
        label={t("common.provider")}
        value={search.provider ?? null}
        data={(providers.data ?? []).map(({ slug, name }) => ({ value: slug, label: name }))}
        onChange={(provider) => change({ provider: provider ?? undefined })}
      />
      <Select
        {...common}
        label={t("activity.groups.key")}
        value={search.key ?? null}
        data={(keys.data ?? []).map(({ hash, name, label }) => ({
          value: hash,
          label: `${name} · ${label}`,
        }))}
        onChange={(key) => change({ key: key ?? undefined })}
      />
      <AppField key={search.app ?? ""} app={search.app} change={change} />
      <Select
        {...common}
        searchable={false}
        w={130}
        label={t("common.state")}
        value={search.status ?? null}
        data={STATES.map((each) => ({ value: each, label: t(`activity.states.${each}`) }))}
        onChange={(status) => change({ status: STATES.find((each) => each === status) })}
      />
    </Group>
  );
}

function AppField({ app, change }: { app: string | undefined; change: Props["change"] }) {
  const { t } = useTranslation();
  return (
    <TextInput
      size="xs"
      w={190}
      label={t("common.app")}
      placeholder="https://app.example"
      defaultValue={app ?? ""}
      onBlur={(event) => change({ app: event.currentTarget.value.trim() || undefined })}
      onKeyDown={(event) => {
        if (event.key === "Enter") change({ app: event.currentTarget.value.trim() || undefined });
      }}
    />
  );
}
