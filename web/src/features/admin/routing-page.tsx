/** `/admin/routing`: the operator's rules by pattern of models: providers tried first, never, or more often. */
import { Button, Group, NumberInput, Select, Stack, TagsInput, Text, TextInput } from "@mantine/core";
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { providerNamesQuery } from "@/shared/api/providers";
import { formatNumber } from "@/shared/lib/format";
import { usePageTitle } from "@/shared/lib/page-title";
import { DataTable } from "@/shared/ui/data-table";
import { FormFault } from "@/shared/ui/form-fault";
import { Loaded } from "@/shared/ui/loaded";
import { ModelField } from "@/shared/ui/model-field";
import { Section } from "@/shared/ui/section";
import { PageTitle } from "@/shared/ui/states";

const ACTIONS = ["pin", "exclude", "weight"] as const;
type Action = (typeof ACTIONS)[number];

const rulesQuery = queryOptions({
  queryKey: ["admin", "routing"],
  queryFn: async ({ signal }) => (await taken(client.GET("/api/admin/routing/rules", { signal }))).data,
});

export function RoutingPage() {
  const { t } = useTranslation();
  usePageTitle(t("admin.routing.title"));
  const queries = useQueryClient();
  const rules = useQuery(rulesQuery);
  const remove = useMutation({
    mutationFn: (rule_id: string) =>
      taken(client.DELETE("/api/admin/routing/rules/{rule_id}", { params: { path: { rule_id } } })),
    onSettled: () => queries.invalidateQueries(rulesQuery),
  });
  return (
    <>
      <PageTitle title={t("admin.routing.title")}>{t("admin.routing.lead")}</PageTitle>
      <Stack gap={40}>
        <div>
          <Loaded query={rules} rows={3}>
            {(rows) =>
              rows.length === 0 ? (
                <Text c="dimmed">{t("admin.routing.none")}</Text>
              ) : (
                <DataTable
                  rows={rows}
                  keyOf={({ id }) => id}
                  label={t("admin.routing.title")}
                  columns={[
                    {
                      label: t("admin.routing.pattern"),
                      cell: ({ pattern }) => <code className="mp-mono">{pattern}</code>,
                    },
                    {
                      label: t("admin.routing.does"),
                      cell: ({ action, weight }) =>
                        `${t(`admin.routing.actions.${action}`)}${action === "weight" ? ` × ${formatNumber(weight, 2)}` : ""}`,
                    },
                    { label: t("admin.providers"), cell: ({ providers }) => providers.join(", ") },
                    { label: t("admin.routing.note"), cell: ({ note }) => note || "—" },
                    {
                      cell: ({ id }) => (
                        <Button size="compact-sm" variant="default" onClick={() => remove.mutate(id)}>
                          {t("organization.remove")}
                        </Button>
                      ),
                    },
                  ]}
                />
              )
            }
          </Loaded>
          <FormFault error={remove.error} />
        </div>
        <Section title={t("admin.routing.add")}>
          <AddRule />
        </Section>
      </Stack>
    </>
  );
}

const NEW = {
  pattern: "",
  action: "pin" as Action,
  providers: [] as string[],
  weight: 2 as number | string,
  note: "",
};

function AddRule() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const names = useQuery(providerNamesQuery);
  const [draft, setDraft] = useState(NEW);
  const set = (part: Partial<typeof NEW>) => setDraft((before) => ({ ...before, ...part }));
  const add = useMutation({
    mutationFn: () =>
      taken(
        client.POST("/api/admin/routing/rules", {
          body: {
            pattern: draft.pattern.trim(),
            action: draft.action,
            providers: draft.providers,
            weight: draft.action === "weight" ? Number(draft.weight) : 1,
            note: draft.note.trim(),
          },
        }),
      ),
    onSuccess: () => {
      setDraft(NEW);
      return queries.invalidateQueries(rulesQuery);
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate();
      }}
    >
      <Stack gap="sm" maw={560}>
        <ModelField
          label={t("admin.routing.pattern")}
          description={t("admin.routing.patternNote")}
          required
          value={draft.pattern}
          onChange={(pattern) => set({ pattern })}
        />
        <Group gap="sm" align="flex-end">
          <Select
            label={t("admin.routing.does")}
            w={220}
            allowDeselect={false}
            value={draft.action}
            data={ACTIONS.map((value) => ({ value, label: t(`admin.routing.actions.${value}`) }))}
            onChange={(value) => set({ action: ACTIONS.find((each) => each === value) ?? "pin" })}
          />
          {draft.action === "weight" && (
            <NumberInput
              label={t("admin.weight")}
              description={t("admin.routing.weightNote")}
              w={220}
              min={0.001}
              max={1_000_000}
              value={draft.weight}
              onChange={(weight) => set({ weight })}
            />
          )}
        </Group>
        <TagsInput
          label={t("admin.providers")}
          description={t("admin.routing.providersNote")}
          data={names.data ?? []}
          splitChars={[",", " "]}
          acceptValueOnBlur
          value={draft.providers}
          onChange={(providers) => set({ providers })}
        />
        <TextInput
          label={t("admin.routing.note")}
          maxLength={500}
          value={draft.note}
          onChange={(event) => set({ note: event.currentTarget.value })}
        />
        <FormFault error={add.error} />
        <Group>
          <Button type="submit" disabled={draft.providers.length === 0} loading={add.isPending}>
            {t("admin.routing.add")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
