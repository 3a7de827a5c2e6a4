/** `/admin/settings`: what is changed while the server runs, group by group. */
import { Badge, Button, Group, Stack, Text } from "@mantine/core";
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { featuresQuery } from "@/shared/api/session";
import { usePageTitle } from "@/shared/lib/page-title";
import { Loaded } from "@/shared/ui/loaded";
import { SaveRow } from "@/shared/ui/save-row";
import { Section } from "@/shared/ui/section";
import { PageTitle } from "@/shared/ui/states";
import { When } from "@/shared/ui/time";
import { type Setting, SettingField, type Values } from "./setting-field";
import { useSettingWords } from "./setting-names";

const settingsQuery = queryOptions({
  queryKey: ["admin", "settings"],
  queryFn: async ({ signal }): Promise<Setting[]> =>
    (await taken(client.GET("/api/admin/settings", { signal }))).data,
  refetchOnWindowFocus: false,
});

export function SystemSettingsPage() {
  const { t } = useTranslation();
  usePageTitle(t("system.title"));
  const settings = useQuery(settingsQuery);
  return (
    <>
      <PageTitle title={t("system.title")}>{t("system.lead")}</PageTitle>
      <Loaded query={settings} rows={8}>
        {(all) => (
          <Stack gap={40}>
            {[...new Set(all.map(({ group }) => group))].map((group) => (
              <SettingGroup key={group} group={group} settings={all.filter((each) => each.group === group)} />
            ))}
          </Stack>
        )}
      </Loaded>
    </>
  );
}

function SettingGroup({ group, settings }: { group: string; settings: Setting[] }) {
  const { t } = useTranslation();
  const words = useSettingWords();
  const queries = useQueryClient();
  const [draft, setDraft] = useState<Values>({});
  const save = useMutation({
    mutationFn: (values: Values) => taken(client.PATCH("/api/admin/settings", { body: { values } })),
    onSuccess: ({ data }) => {
      setDraft({});
      queries.setQueryData(settingsQuery.queryKey, data);
      return queries.invalidateQueries(featuresQuery);
    },
  });
  const shown = (value: unknown): string => {
    if (value === null || value === undefined) return t("system.automatic");
    if (typeof value === "boolean") return t(value ? "common.on" : "common.off");
    if (Array.isArray(value)) return value.map(String).join(", ") || t("common.none");
    return words.choice(String(value)) || t("common.none");
  };
  return (
    <Section title={words.group(group)}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate(draft);
        }}
      >
        <Stack gap="md" maw={560}>
          {settings.map((setting) => (
            <div key={setting.name}>
              <SettingField
                setting={setting}
                value={setting.name in draft ? draft[setting.name] : setting.value}
                set={(value) => setDraft((before) => ({ ...before, [setting.name]: value }))}
              />
              {setting.is_changed && (
                <Group gap={8} mt={4}>
                  <Badge color="gray" size="sm">
                    {t("system.changed")}
                  </Badge>
                  <Text size="xs" c="dimmed">
                    <When at={setting.changed_at} /> ·{" "}
                    {t("system.before", { value: shown(setting.start_value) })}
                  </Text>
                  <Button
                    size="compact-xs"
                    variant="subtle"
                    onClick={() => save.mutate({ [setting.name]: null })}
                  >
                    {t("system.reset")}
                  </Button>
                </Group>
              )}
            </div>
          ))}
          <SaveRow save={save} disabled={Object.keys(draft).length === 0} />
        </Stack>
      </form>
    </Section>
  );
}
