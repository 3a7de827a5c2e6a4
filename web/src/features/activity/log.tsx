/** Every generation, newest first, as far as the filters let it through. A row leads to its page. */
import { Badge, Button, Group, Select, Table, Text, TextInput } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { authorOf, modelsQuery, providersQuery } from "@/shared/api/models";
import { formatMilliseconds, formatNumber, formatUsd } from "@/shared/lib/format";
import { AuthorMark } from "@/shared/ui/author-mark";
import { LinkAnchor } from "@/shared/ui/links";
import { Empty, Failed, LoadingRows } from "@/shared/ui/states";
import { When } from "@/shared/ui/time";
import { keysQuery, logQuery, type Row } from "./queries";
import { type ActivitySearch, STATES } from "./search";

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
      {rows.length > 0 && (
        <div className="mp-scroll-x" tabIndex={0} role="region" aria-label={t("activity.log")}>
          <Table highlightOnHover verticalSpacing={8} miw={880}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("generation.when")}</Table.Th>
                <Table.Th>{t("common.model")}</Table.Th>
                <Table.Th>{t("common.provider")}</Table.Th>
                <Table.Th>{t("activity.from")}</Table.Th>
                <Table.Th className="mp-num">{t("activity.inOut")}</Table.Th>
                <Table.Th className="mp-num">{t("common.cost")}</Table.Th>
                <Table.Th className="mp-num">{t("generation.speed")}</Table.Th>
                <Table.Th>{t("common.state")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map((row) => (
                <LogRow key={row.id} row={row} />
              ))}
            </Table.Tbody>
          </Table>
        </div>
      )}
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

function LogRow({ row }: { row: Row }) {
  const { t } = useTranslation();
  const known = STATES.find((each) => each === row.status);
  const speed =
    row.generation_ms && row.completion_tokens ? (row.completion_tokens / row.generation_ms) * 1000 : null;
  return (
    <Table.Tr>
      <Table.Td style={{ whiteSpace: "nowrap" }}>
        <LinkAnchor to="/activity/$id" params={{ id: row.id }} size="sm" title={t("activity.open")}>
          <When at={row.created_at} />
        </LinkAnchor>
      </Table.Td>
      <Table.Td>
        <Group gap={7} wrap="nowrap">
          <AuthorMark author={authorOf(row.model)} size={16} />
          <code className="mp-mono">{row.model}</code>
        </Group>
      </Table.Td>
      <Table.Td>{row.provider_name ?? "—"}</Table.Td>
      <Table.Td>
        {row.key_name ?? t("activity.browser")}
        {row.app && (
          <Text size="xs" c="dimmed">
            {row.app}
          </Text>
        )}
      </Table.Td>
      <Table.Td className="mp-num">
        {formatNumber(row.prompt_tokens)} → {formatNumber(row.completion_tokens)}
      </Table.Td>
      <Table.Td className="mp-num">{formatUsd(row.cost)}</Table.Td>
      <Table.Td className="mp-num">
        {speed === null ? formatMilliseconds(row.latency_ms) : `${formatNumber(speed, 1)} tok/s`}
      </Table.Td>
      <Table.Td>
        <Badge color={row.status === "ok" ? "gray" : row.status === "cancelled" ? "orange" : "red"}>
          {row.status === "ok" && row.finish_reason
            ? row.finish_reason
            : known
              ? t(`activity.states.${known}`)
              : row.status}
        </Badge>
      </Table.Td>
    </Table.Tr>
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
