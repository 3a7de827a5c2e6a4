/** `/admin/settings`: what is changed while the server runs, group by group. */
import {
  Badge,
  Button,
  Group,
  NumberInput,
  Select,
  Stack,
  Switch,
  TagsInput,
  Text,
  TextInput,
} from "@mantine/core";
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import type { components } from "@/shared/api/schema";
import { featuresQuery } from "@/shared/api/session";
import { usePageTitle } from "@/shared/lib/page-title";
import { Loaded } from "@/shared/ui/loaded";
import { SaveRow } from "@/shared/ui/save-row";
import { Section } from "@/shared/ui/section";
import { PageTitle } from "@/shared/ui/states";
import { When } from "@/shared/ui/time";
import { choiceOf, groupOf, labelOf } from "./setting-names";

type Setting = components["schemas"]["SettingData"];
type Values = Record<string, unknown>;

const settingsQuery = queryOptions({
  queryKey: ["admin", "settings"],
  queryFn: async ({ signal }): Promise<Setting[]> =>
    (await taken(client.GET("/api/admin/settings", { signal }))).data,
  refetchOnWindowFocus: false,
});

export function SystemSettingsPage() {
  const { t } = useTranslation();
  usePageTitle(t("admin.system.title"));
  const settings = useQuery(settingsQuery);
  return (
    <>
      <PageTitle title={t("admin.system.title")}>{t("admin.system.lead")}</PageTitle>
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
  return (
    <Section title={t(`admin.system.groups.${groupOf(group)}`)}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate(draft);
        }}
      >
        <Stack gap="md" maw={560}>
          {settings.map((setting) => (
            <div key={setting.name}>
              <Field
                setting={setting}
                value={setting.name in draft ? draft[setting.name] : setting.value}
                set={(value) => setDraft((before) => ({ ...before, [setting.name]: value }))}
              />
              {setting.is_changed && (
                <Group gap={8} mt={4}>
                  <Badge color="gray" size="sm">
                    {t("admin.system.changed")}
                  </Badge>
                  <Text size="xs" c="dimmed">
                    <When at={setting.changed_at} /> ·{" "}
                    {t("admin.system.before", { value: JSON.stringify(setting.start_value) })}
                  </Text>
                  <Button
                    size="compact-xs"
                    variant="subtle"
                    onClick={() => save.mutate({ [setting.name]: null })}
                  >
                    {t("admin.system.reset")}
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

/** What kind of value a JSON Schema wants, as far as a field must know. */
function kindOf(shape: Values): { kind: string; choices: string[]; nullable: boolean } {
  const parts = Array.isArray(shape.anyOf) ? (shape.anyOf as Values[]) : [shape];
  const real = parts.find(({ type }) => type !== "null") ?? shape;
  const choices = Array.isArray(real.enum) ? real.enum.map(String) : [];
  return {
    kind: choices.length ? "choice" : String(real.type ?? "string"),
    choices,
    nullable: parts.some(({ type }) => type === "null"),
  };
}

function Field({ setting, value, set }: { setting: Setting; value: unknown; set: (value: unknown) => void }) {
  const { t, i18n } = useTranslation();
  const { kind, choices, nullable } = kindOf(setting.shape);
  const name = labelOf(setting.name);
  const label = name ? t(`admin.system.names.${name}`) : setting.name;
  // What the server says of a setting is English.
  const description = i18n.language === "en" ? setting.description.replaceAll("`", "") : undefined;
  const common = {
    label,
    description,
    inputWrapperOrder: ["label", "description", "input", "error"] as [
      "label",
      "description",
      "input",
      "error",
    ],
  };
  if (kind === "boolean") {
    return (
      <Switch
        label={label}
        description={description}
        checked={value === true}
        onChange={(event) => set(event.currentTarget.checked)}
      />
    );
  }
  if (kind === "choice") {
    return (
      <Select
        {...common}
        allowDeselect={nullable}
        value={typeof value === "string" ? value : null}
        placeholder={nullable ? t("admin.system.automatic") : undefined}
        data={choices.map((choice) => {
          const known = choiceOf(choice);
          return { value: choice, label: known ? t(`admin.system.choices.${known}`) : choice };
        })}
        onChange={set}
      />
    );
  }
  if (kind === "array") {
    return (
      <TagsInput
        {...common}
        splitChars={[",", " "]}
        acceptValueOnBlur
        value={Array.isArray(value) ? value.map(String) : []}
        onChange={set}
      />
    );
  }
  if (kind === "integer" || kind === "number") {
    return (
      <NumberInput
        {...common}
        allowDecimal={kind === "number"}
        placeholder={nullable ? t("common.none") : undefined}
        value={typeof value === "number" ? value : ""}
        onChange={(typed) => set(typed === "" ? null : Number(typed))}
      />
    );
  }
  return (
    <TextInput
      {...common}
      value={typeof value === "string" ? value : ""}
      onChange={(event) => set(event.currentTarget.value)}
    />
  );
}
