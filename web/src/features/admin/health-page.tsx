/** `/admin/health`: how each endpoint does that was called of late, which rest and why, and which keys do. */
import { Badge, SegmentedControl, Stack, Text, Tooltip } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { splitId } from "@/shared/api/models";
import type { components } from "@/shared/api/schema";
import { formatMilliseconds, formatNumber, formatPercent } from "@/shared/lib/format";
import { usePageTitle } from "@/shared/lib/page-title";
import { Breakable } from "@/shared/ui/breakable";
import { DataTable } from "@/shared/ui/data-table";
import { LinkAnchor } from "@/shared/ui/links";
import { Loaded } from "@/shared/ui/loaded";
import { Section } from "@/shared/ui/section";
import { Empty, PageTitle } from "@/shared/ui/states";
import { healthQuery } from "./catalog-queries";
import classes from "./health.module.css";

type EndpointHealth = components["schemas"]["EndpointHealth"];
type KeyHealth = components["schemas"]["KeyHealth"];
const COLORS = {
  fine: "tide",
  degraded: "yellow",
  down: "red",
  throttled: "yellow",
  resting: "red",
} as const;
const route = getRouteApi("/admin/health");

export function HealthPage() {
  const { t } = useTranslation();
  usePageTitle(t("admin.health.title"));
  const health = useQuery(healthQuery);
  const { only } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <>
      <PageTitle
        title={t("admin.health.title")}
        aside={
          <SegmentedControl
            aria-label={t("admin.health.show")}
            value={only ?? "all"}
            data={[
              { value: "all", label: t("admin.health.all") },
              { value: "troubled", label: t("admin.health.troubled") },
            ]}
            onChange={(value) =>
              void navigate({ search: value === "troubled" ? { only: "troubled" } : {}, replace: true })
            }
          />
        }
      >
        {t("admin.health.lead")}
      </PageTitle>
      <Loaded query={health} rows={6}>
        {({ endpoints, keys }) => {
          const shown =
            only === "troubled" ? endpoints.filter(({ standing }) => standing !== "fine") : endpoints;
          return (
            <Stack gap={40}>
              {shown.length === 0 ? (
                <Empty title={only ? t("admin.health.allFine") : t("admin.health.none")}>
                  {only ? null : t("admin.health.noneBody")}
                </Empty>
              ) : (
                <Endpoints endpoints={shown} />
              )}
              <RestingKeys keys={keys} />
            </Stack>
          );
        }}
      </Loaded>
    </>
  );
}

function Endpoints({ endpoints }: { endpoints: EndpointHealth[] }) {
  const { t } = useTranslation();
  const uptime = (share: number | null) => (share === null ? "—" : formatPercent(share / 100, 2));
  return (
    <DataTable
      rows={endpoints}
      keyOf={({ id }) => id}
      label={t("admin.health.title")}
      columns={[
        {
          label: t("admin.catalog.endpoint"),
          cell: ({ model, tag }) => {
            const [author, slug] = splitId(model);
            return (
              <div>
                <LinkAnchor to="/admin/models/$author/$slug" params={{ author, slug }} fw={550}>
                  <Breakable id={model} />
                </LinkAnchor>
                <Text size="xs" c="dimmed">
                  {tag}
                </Text>
              </div>
            );
          },
        },
        { label: t("common.state"), cell: (endpoint) => <Standing endpoint={endpoint} /> },
        { label: t("admin.health.hour"), cell: ({ minutes }) => <Bar minutes={minutes} /> },
        {
          label: t("admin.health.uptime30"),
          isNumber: true,
          cell: ({ uptime_last_30m }) => uptime(uptime_last_30m),
        },
        {
          label: t("admin.health.uptimeDay"),
          isNumber: true,
          cell: ({ uptime_last_1d }) => uptime(uptime_last_1d),
        },
        {
          label: t("admin.health.latency"),
          isNumber: true,
          cell: ({ latency_p50, latency_p90 }) =>
            latency_p50 === null
              ? "—"
              : `${formatMilliseconds(Math.round(latency_p50))} / ${formatMilliseconds(latency_p90 && Math.round(latency_p90))}`,
        },
        {
          label: t("admin.health.throughput"),
          isNumber: true,
          cell: ({ throughput_p50 }) => (throughput_p50 === null ? "—" : formatNumber(throughput_p50, 1)),
        },
      ]}
    />
  );
}

function Standing({ endpoint }: { endpoint: EndpointHealth }) {
  const { t } = useTranslation();
  const { standing, rests_seconds, on_trial, faults_in_a_row } = endpoint;
  return (
    <div>
      <Badge color={COLORS[standing]}>{t(`admin.health.standings.${standing}`)}</Badge>
      <Text size="xs" c="dimmed">
        {[
          rests_seconds > 0 && t("admin.health.restsFor", { seconds: formatNumber(rests_seconds) }),
          on_trial && rests_seconds === 0 && t("admin.health.onTrial"),
          faults_in_a_row > 0 && t("admin.health.faults", { count: faults_in_a_row }),
        ]
          .filter(Boolean)
          .join(" · ")}
      </Text>
    </div>
  );
}

/** The last hour, minute by minute, the newest at the right. */
function Bar({ minutes }: { minutes: EndpointHealth["minutes"] }) {
  const { t } = useTranslation();
  const sum = minutes.reduce((all, { good, bad }) => ({ good: all.good + good, bad: all.bad + bad }), {
    good: 0,
    bad: 0,
  });
  const words = t("admin.health.sums", { good: formatNumber(sum.good), bad: formatNumber(sum.bad) });
  const padded = Array.from({ length: 60 }, (_, age) => minutes[59 - age] ?? { good: 0, bad: 0 });
  return (
    <Tooltip label={words}>
      <div className={classes.bar} role="img" aria-label={words}>
        {padded.map(({ good, bad }, index) => (
          <span
            // biome-ignore lint/suspicious/noArrayIndexKey: a minute has no other name than its place
            key={index}
            className={classes.minute}
            data-state={good + bad === 0 ? "none" : bad === 0 ? "good" : good >= bad * 4 ? "some" : "bad"}
          />
        ))}
      </div>
    </Tooltip>
  );
}

function RestingKeys({ keys }: { keys: KeyHealth[] }) {
  const { t } = useTranslation();
  return (
    <Section title={t("admin.health.keys")} lead={t("admin.health.keysLead")} wide>
      {keys.length === 0 ? (
        <Text c="dimmed">{t("admin.health.noKeys")}</Text>
      ) : (
        <DataTable
          rows={keys}
          keyOf={({ provider, key, endpoint, model }) => `${provider} ${key} ${endpoint} ${model}`}
          label={t("admin.health.keys")}
          columns={[
            {
              label: t("common.provider"),
              cell: ({ provider }) => (
                <LinkAnchor to="/admin/providers/$slug" params={{ slug: provider }}>
                  {provider}
                </LinkAnchor>
              ),
            },
            { label: t("admin.key"), cell: ({ key }) => <code className="mp-mono">{key}</code> },
            {
              label: t("admin.health.for"),
              cell: ({ model, endpoint }) =>
                model ? `${model} · ${endpoint}` : t("admin.health.everything"),
            },
            {
              label: t("admin.health.left"),
              isNumber: true,
              cell: ({ rests_seconds }) => `${formatNumber(rests_seconds)} s`,
            },
          ]}
        />
      )}
    </Section>
  );
}
