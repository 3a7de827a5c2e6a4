/** `/admin/models/{id}`: a model's endpoints with their prices, to be changed; what they were before; all as a file. */
import { Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/shared/api/client";
import { formatPerMillion } from "@/shared/lib/format";
import { usePageTitle } from "@/shared/lib/page-title";
import { CopyableId } from "@/shared/ui/copy";
import { DataTable } from "@/shared/ui/data-table";
import { LinkAnchor } from "@/shared/ui/links";
import { Loaded } from "@/shared/ui/loaded";
import { Section } from "@/shared/ui/section";
import { Empty, PageTitle } from "@/shared/ui/states";
import { When } from "@/shared/ui/time";
import { type Item, itemQuery, pricesQuery } from "./catalog-queries";
import { EndpointsEditor } from "./endpoints-editor";
import { JsonEditor } from "./json-editor";

const route = getRouteApi("/admin/models/$author/$slug");

/** What a new model must have at least. */
function blank(id: string): Item {
  const pricing = { prompt: "0", completion: "0" };
  return {
    mark: "*",
    value: {
      id,
      name: id,
      context_length: 131072,
      endpoints: [{ provider: "", upstream_model: "", pricing }],
    },
  };
}

export function AdminModelPage() {
  const { t } = useTranslation();
  const { author, slug } = route.useParams();
  const id = `${author}/${slug}`;
  usePageTitle(id);
  const item = useQuery(itemQuery("models", id));
  const isNew = item.error instanceof ApiError && item.error.status === 404;
  return (
    <>
      <LinkAnchor to="/admin/models" size="sm">
        {t("admin.catalog.allModels")}
      </LinkAnchor>
      <PageTitle title={typeof item.data?.value.name === "string" ? item.data.value.name : id}>
        <CopyableId id={id} />
      </PageTitle>
      {isNew ? (
        <Section title={t("admin.catalog.newModel")} lead={t("admin.catalog.newModelLead")} wide>
          <JsonEditor kind="models" name={id} item={blank(id)} />
        </Section>
      ) : (
        <Loaded query={item}>
          {(found) => (
            <Stack gap={40} key={found.mark}>
              <EndpointsEditor id={id} item={found} />
              <History author={author} slug={slug} />
              <Section title={t("admin.catalog.everything")} wide>
                <JsonEditor kind="models" name={id} item={found} />
              </Section>
            </Stack>
          )}
        </Loaded>
      )}
    </>
  );
}

interface Past {
  tag: string;
  since: string;
  pricing: Record<string, unknown>;
}

function History({ author, slug }: { author: string; slug: string }) {
  const { t } = useTranslation();
  const prices = useQuery(pricesQuery(author, slug));
  const price = ({ pricing }: Past, name: string) => {
    const found = pricing[name];
    return formatPerMillion(typeof found === "string" ? found : null);
  };
  return (
    <Section title={t("admin.catalog.history")} lead={t("admin.catalog.historyLead")} wide>
      <Loaded query={prices} rows={2}>
        {(found) => {
          const rows: Past[] = Object.entries(found)
            .flatMap(([tag, past]) => past.map(({ since, pricing }) => ({ tag, since, pricing })))
            .sort((one, other) => other.since.localeCompare(one.since));
          if (rows.length === 0)
            return <Empty title={t("admin.catalog.noHistory")}>{t("admin.catalog.noHistoryBody")}</Empty>;
          return (
            <DataTable
              rows={rows}
              keyOf={({ tag, since }) => `${tag} ${since}`}
              label={t("admin.catalog.history")}
              columns={[
                {
                  label: t("admin.catalog.endpoint"),
                  cell: ({ tag }) => <code className="mp-mono">{tag}</code>,
                },
                { label: t("admin.catalog.since"), cell: ({ since }) => <When at={since} /> },
                { label: t("models.promptPrice"), isNumber: true, cell: (past) => price(past, "prompt") },
                {
                  label: t("models.completionPrice"),
                  isNumber: true,
                  cell: (past) => price(past, "completion"),
                },
                {
                  label: t("model.cachePrice"),
                  isNumber: true,
                  cell: (past) => price(past, "input_cache_read"),
                },
              ]}
            />
          );
        }}
      </Loaded>
    </Section>
  );
}
