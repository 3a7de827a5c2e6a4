/** `/admin/providers`: every provider the server knows; a key makes its models callable at once. */
import { Badge, Button, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { formatNumber } from "@/shared/lib/format";
import { rank } from "@/shared/lib/match";
import { usePageTitle } from "@/shared/lib/page-title";
import { AuthorMark } from "@/shared/ui/author-mark";
import { DataTable } from "@/shared/ui/data-table";
import { Dialog } from "@/shared/ui/dialog";
import { FindField } from "@/shared/ui/find-field";
import { LinkAnchor } from "@/shared/ui/links";
import { Loaded } from "@/shared/ui/loaded";
import { PageTitle } from "@/shared/ui/states";
import { type ProviderState, providersQuery } from "./catalog-queries";
import { KeyForm } from "./key-form";

export function ProvidersPage() {
  const { t } = useTranslation();
  usePageTitle(t("admin.providers"));
  const providers = useQuery(providersQuery);
  const [query, setQuery] = useState("");
  const [chosen, setChosen] = useState<ProviderState | null>(null);
  return (
    <>
      <PageTitle title={t("admin.providers")}>{t("admin.lead")}</PageTitle>
      <FindField label={t("admin.find")} value={query} find={setQuery} />
      <Loaded query={providers} rows={8}>
        {(all) => (
          <DataTable
            rows={rank(all, query, ({ name, slug }) => `${name} ${slug}`)}
            keyOf={({ slug }) => slug}
            label={t("admin.providers")}
            columns={[
              {
                label: t("common.provider"),
                cell: ({ name, slug }) => (
                  <span>
                    <AuthorMark author={slug} size={18} />{" "}
                    <LinkAnchor to="/admin/providers/$slug" params={{ slug }} fw={600}>
                      {name}
                    </LinkAnchor>{" "}
                    <code className="mp-mono">{slug}</code>
                  </span>
                ),
              },
              {
                label: t("common.state"),
                cell: ({ is_active, lacks, environment }) => (
                  <div>
                    <Badge color={is_active ? "tide" : "gray"}>
                      {is_active ? t("admin.active") : t("admin.inactive")}
                    </Badge>
                    {lacks && lacks !== "key" && (
                      <Text size="xs" c="dimmed">
                        {t(`admin.lacks.${lacks}`, { name: environment ?? "env" })}
                      </Text>
                    )}
                  </div>
                ),
              },
              { label: t("admin.keys"), isNumber: true, cell: ({ keys }) => formatNumber(keys.length) },
              { label: t("admin.models"), isNumber: true, cell: ({ models }) => formatNumber(models) },
              {
                cell: (provider) => (
                  <Button size="compact-sm" variant="default" onClick={() => setChosen(provider)}>
                    {t("admin.addKey")}
                  </Button>
                ),
              },
            ]}
          />
        )}
      </Loaded>
      <Dialog
        opened={chosen !== null}
        onClose={() => setChosen(null)}
        title={chosen ? t("admin.keyOf", { name: chosen.name }) : ""}
      >
        {chosen && <KeyForm key={chosen.slug} provider={chosen} />}
      </Dialog>
    </>
  );
}
