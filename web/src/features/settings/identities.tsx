/** Accounts elsewhere that one can sign in with: those linked, another one, and one less. */
import { Button, Group, Text } from "@mantine/core";
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import type { Me } from "@/shared/api/session";
import { DataTable } from "@/shared/ui/data-table";
import { FormFault } from "@/shared/ui/form-fault";
import { Loaded } from "@/shared/ui/loaded";
import { Section } from "@/shared/ui/section";
import { When } from "@/shared/ui/time";
import { useGuarded } from "./prove-dialog";

const identitiesQuery = queryOptions({
  queryKey: ["identities"],
  queryFn: async ({ signal }) => (await taken(client.GET("/api/app/me/identities", { signal }))).data,
});

export function Identities({ me }: { me: Me }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const guarded = useGuarded();
  const identities = useQuery(identitiesQuery);
  const { providers } = me.features;
  const link = useMutation({
    mutationFn: (slug: string) =>
      guarded(() => taken(client.POST("/api/app/me/identities/{slug}", { params: { path: { slug } } }))),
    onSuccess: ({ url }) => window.location.assign(url),
  });
  const unlink = useMutation({
    mutationFn: (slug: string) =>
      guarded(() => taken(client.DELETE("/api/app/me/identities/{slug}", { params: { path: { slug } } }))),
    onSuccess: () => queries.invalidateQueries(identitiesQuery),
  });
  // Without a provider there is nothing to link, and nothing was.
  if (providers.length === 0) return null;
  const nameOf = (slug: string) => providers.find((each) => each.slug === slug)?.name ?? slug;
  return (
    <Section title={t("settings.identities")} lead={t("settings.identitiesLead")}>
      <Loaded query={identities} rows={1}>
        {(rows) => {
          const left = providers.filter(({ slug }) => !rows.some(({ provider }) => provider === slug));
          return (
            <>
              {rows.length === 0 ? (
                <Text c="dimmed">{t("settings.noPasskeys")}</Text>
              ) : (
                <DataTable
                  rows={rows}
                  keyOf={({ provider }) => provider}
                  label={t("settings.identities")}
                  columns={[
                    { label: t("common.name"), cell: ({ provider }) => nameOf(provider) },
                    { label: t("settings.address"), cell: ({ email }) => email },
                    { label: t("settings.linked"), cell: ({ created_at }) => <When at={created_at} /> },
                    {
                      cell: ({ provider }) => (
                        <Button size="compact-sm" variant="default" onClick={() => unlink.mutate(provider)}>
                          {t("settings.unlink")}
                        </Button>
                      ),
                    },
                  ]}
                />
              )}
              <Group gap="sm">
                {left.map(({ slug, name }) => (
                  <Button key={slug} variant="default" onClick={() => link.mutate(slug)}>
                    {t("settings.link", { name })}
                  </Button>
                ))}
              </Group>
            </>
          );
        }}
      </Loaded>
      <FormFault error={link.error ?? unlink.error} />
    </Section>
  );
}
