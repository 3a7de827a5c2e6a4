/** `/admin/models`: models and the way to each one's endpoints and prices; a new one. */
import { Button, Group, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { authorOf, modelsQuery, splitId } from "@/shared/api/models";
import { formatContext, formatPerMillion } from "@/shared/lib/format";
import { rank } from "@/shared/lib/match";
import { usePageTitle } from "@/shared/lib/page-title";
import { AuthorMark } from "@/shared/ui/author-mark";
import { DataTable } from "@/shared/ui/data-table";
import { FindField } from "@/shared/ui/find-field";
import { LinkAnchor } from "@/shared/ui/links";
import { Loaded } from "@/shared/ui/loaded";
import { Section } from "@/shared/ui/section";
import { Empty, PageTitle } from "@/shared/ui/states";

const MOST = 100;
const route = getRouteApi("/admin/models");

export function AdminModelsPage() {
  const { t } = useTranslation();
  usePageTitle(t("admin.catalog.models"));
  const { q = "" } = route.useSearch();
  const navigate = route.useNavigate();
  const models = useQuery(modelsQuery);
  return (
    <>
      <PageTitle title={t("admin.catalog.models")}>{t("admin.catalog.modelsLead")}</PageTitle>
      <FindField
        label={t("models.search")}
        value={q}
        find={(words) => void navigate({ search: words ? { q: words } : {}, replace: true })}
      />
      <Loaded query={models} rows={8}>
        {(all) => {
          const found = rank(all, q, ({ id, name }) => `${name} ${id}`);
          if (found.length === 0)
            return <Empty title={t("models.none")}>{t("admin.catalog.noModelBody")}</Empty>;
          return (
            <>
              <DataTable
                rows={found.slice(0, MOST)}
                keyOf={({ id }) => id}
                label={t("admin.catalog.models")}
                columns={[
                  {
                    label: t("common.model"),
                    cell: ({ id, name }) => {
                      const [author, slug] = splitId(id);
                      return (
                        <Group gap={8} wrap="nowrap">
                          <AuthorMark author={authorOf(id)} size={18} />
                          <div>
                            <LinkAnchor to="/admin/models/$author/$slug" params={{ author, slug }} fw={550}>
                              {name}
                            </LinkAnchor>
                            <Text size="xs" c="dimmed">
                              <code className="mp-mono">{id}</code>
                            </Text>
                          </div>
                        </Group>
                      );
                    },
                  },
                  {
                    label: t("models.context"),
                    isNumber: true,
                    cell: ({ context_length }) => (context_length ? formatContext(context_length) : "—"),
                  },
                  {
                    label: t("models.promptPrice"),
                    isNumber: true,
                    cell: ({ pricing }) => formatPerMillion(pricing.prompt),
                  },
                  {
                    label: t("models.completionPrice"),
                    isNumber: true,
                    cell: ({ pricing }) => formatPerMillion(pricing.completion),
                  },
                ]}
              />
              {found.length > MOST && (
                <Text size="sm" c="dimmed" ta="center" mt="sm">
                  {t("admin.catalog.moreModels", { count: found.length - MOST })}
                </Text>
              )}
            </>
          );
        }}
      </Loaded>
      <OpenById />
    </>
  );
}

/** A model that no list shows: one without a provider, or one that is to be made. */
function OpenById() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [id, setId] = useState("");
  return (
    <div style={{ marginTop: 40 }}>
      <Section title={t("admin.catalog.byId")} lead={t("admin.catalog.byIdLead")}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            const [author, slug] = splitId(id.trim());
            void navigate({ to: "/admin/models/$author/$slug", params: { author, slug } });
          }}
        >
          <Group gap="sm" align="flex-end" maw={480}>
            <TextInput
              label={t("admin.catalog.modelId")}
              required
              flex="1 1 220px"
              placeholder="author/model"
              pattern="[^/\s]+/[^/\s]+"
              value={id}
              onChange={(event) => setId(event.currentTarget.value)}
            />
            <Button type="submit" variant="default">
              {t("admin.catalog.open")}
            </Button>
          </Group>
        </form>
      </Section>
    </div>
  );
}
