/** `/admin/audit`: every change that was made, by whom, from where, and what was before. */
import { Autocomplete, Button, Group, Stack, Text } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { usePageTitle } from "@/shared/lib/page-title";
import { Paged } from "@/shared/ui/paged";
import { Empty, PageTitle } from "@/shared/ui/states";
import { When } from "@/shared/ui/time";
import classes from "./audit.module.css";
import { useActionWords } from "./audit-words";
import { lines } from "./diff";
import { PersonLink } from "./person-link";
import { auditQuery, type EntryData } from "./queries";
import type { AuditSearch } from "./search";

const FILTERS = ["action", "user", "account", "subject"] as const;
const route = getRouteApi("/admin/audit");

export function AuditPage() {
  const { t } = useTranslation();
  usePageTitle(t("admin.audit.title"));
  const search = route.useSearch();
  const entries = useInfiniteQuery(auditQuery(search));
  const seen = [...new Set(entries.data?.pages.flatMap(({ data }) => data.map(({ action }) => action)))];
  return (
    <>
      <PageTitle title={t("admin.audit.title")}>{t("admin.audit.lead")}</PageTitle>
      <Filters key={JSON.stringify(Object.keys(search))} search={search} seen={seen.sort()} />
      <Paged
        query={entries}
        rowsOf={({ data }) => data}
        empty={<Empty title={t("admin.audit.none")}>{t("admin.audit.noneBody")}</Empty>}
      >
        {(rows) => (
          <div>
            {rows.map((entry) => (
              <EntryRow key={entry.seq} entry={entry} />
            ))}
          </div>
        )}
      </Paged>
    </>
  );
}

function Filters({ search, seen }: { search: AuditSearch; seen: string[] }) {
  const { t } = useTranslation();
  const navigate = route.useNavigate();
  const [typed, setTyped] = useState(search);
  const later = useDebouncedCallback(
    (next: AuditSearch) =>
      void navigate({
        search: Object.fromEntries(Object.entries(next).filter(([, value]) => value)),
        replace: true,
      }),
    300,
  );
  return (
    <Group gap="sm" mb="md" align="flex-end">
      {FILTERS.map((name) => (
        <Autocomplete
          key={name}
          label={t(`admin.audit.filters.${name}`)}
          flex="1 1 170px"
          data={name === "action" ? seen : []}
          value={typed[name] ?? ""}
          onChange={(value) => {
            const next = { ...typed, [name]: value.trimStart() };
            setTyped(next);
            later(next);
          }}
        />
      ))}
    </Group>
  );
}

/** So many lines of a change are shown at once; a batch of vouchers has hundreds. */
const FEW = 8;

function EntryRow({ entry }: { entry: EntryData }) {
  const { t } = useTranslation();
  const [isWhole, setWhole] = useState(false);
  const changes = lines(entry.before, entry.after);
  const shown = isWhole || changes.length <= FEW + 2 ? changes : changes.slice(0, FEW);
  const words = useActionWords()(entry.action);
  return (
    <article className={classes.entry}>
      <Stack gap={6}>
        <Group justify="space-between" gap="sm">
          <span>
            {words && (
              <Text span fw={550} mr={8}>
                {words}
              </Text>
            )}
            <code className="mp-mono">{entry.action}</code>
          </span>
          <Text size="sm" c="dimmed">
            <When at={entry.at} />
          </Text>
        </Group>
        <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
          {entry.user_id ? <PersonLink id={entry.user_id} /> : t("admin.audit.nobody")} · {entry.credential}
          {entry.address && ` · ${entry.address}`}
          {entry.subject && ` · ${t("admin.audit.subject", { subject: entry.subject })}`}
        </Text>
        {changes.length > 0 && (
          <dl className={classes.diff}>
            {shown.map(({ name, was, is }) => (
              <div key={name} style={{ display: "contents" }}>
                <dt>{name}</dt>
                <dd>
                  {was !== null && <del className={classes.was}>{was}</del>}
                  {was !== null && is !== null && " → "}
                  {is !== null && <ins className={classes.is}>{is}</ins>}
                </dd>
              </div>
            ))}
          </dl>
        )}
        {changes.length > shown.length && (
          <span>
            <Button size="compact-sm" variant="default" onClick={() => setWhole(true)}>
              {t("admin.audit.all", { count: changes.length })}
            </Button>
          </span>
        )}
      </Stack>
    </article>
  );
}
