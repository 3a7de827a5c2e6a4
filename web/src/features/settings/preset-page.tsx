/** `/settings/presets/{slug}`: a preset's contents, its versions, and going back to one. */
import { Badge, Button, Group, Stack, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { useMay } from "@/shared/api/session";
import { usePageTitle } from "@/shared/lib/page-title";
import { CodeBlock } from "@/shared/ui/code";
import { CopyableId } from "@/shared/ui/copy";
import { DataTable } from "@/shared/ui/data-table";
import { type Asked, Confirm } from "@/shared/ui/dialog";
import { FormFault } from "@/shared/ui/form-fault";
import { LinkAnchor } from "@/shared/ui/links";
import { Loaded } from "@/shared/ui/loaded";
import { SaveRow } from "@/shared/ui/save-row";
import { Section } from "@/shared/ui/section";
import { PageTitle } from "@/shared/ui/states";
import { When } from "@/shared/ui/time";
import { PresetForm } from "./preset-form";
import { type Preset, presetQuery, presetsQuery, versionsQuery } from "./preset-queries";
import { PresetState } from "./presets-page";

const route = getRouteApi("/settings/presets/$slug");

export function PresetPage() {
  const { t } = useTranslation();
  const { slug } = route.useParams();
  const may = useMay();
  const preset = useQuery(presetQuery(slug));
  usePageTitle(preset.data?.name ?? t("presets.title"));
  return (
    <Loaded query={preset}>
      {(found) => (
        <>
          <LinkAnchor to="/settings/presets" size="sm">
            {t("presets.all")}
          </LinkAnchor>
          <PageTitle title={found.name} aside={<PresetState status={found.status} />}>
            {found.description}
          </PageTitle>
          <Stack gap={40}>
            <Section title={t("presets.use")} lead={t("presets.useLead")}>
              <CopyableId id={`@preset/${slug}`} />
            </Section>
            {may("presets:write") ? (
              <Section title={t("presets.contents")} lead={t("presets.contentsLead")}>
                <PresetForm
                  key={found.designated_version_id}
                  slug={slug}
                  version={found.designated_version}
                  saved={() => undefined}
                />
              </Section>
            ) : (
              <CodeBlock code={JSON.stringify(found.designated_version?.config ?? {}, null, 2)} />
            )}
            <Versions preset={found} writes={may("presets:write")} />
            {may("presets:write") && <About key={found.id} preset={found} />}
          </Stack>
        </>
      )}
    </Loaded>
  );
}

type Change = Partial<{
  name: string;
  description: string | null;
  status: "active" | "disabled";
  version: number;
}>;

function useChange(slug: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: Change) =>
      taken(client.PATCH("/api/app/presets/{slug}", { params: { path: { slug } }, body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: presetsQuery.queryKey }),
  });
}

function Versions({ preset, writes }: { preset: Preset; writes: boolean }) {
  const { t } = useTranslation();
  const versions = useQuery(versionsQuery(preset.slug));
  const change = useChange(preset.slug);
  return (
    <Section title={t("presets.versions")} lead={t("presets.versionsLead")} wide>
      <Loaded query={versions} rows={2}>
        {(rows) => (
          <DataTable
            rows={rows}
            keyOf={({ id }) => id}
            label={t("presets.versions")}
            columns={[
              { label: t("presets.number"), cell: ({ version }) => `#${version}` },
              {
                label: t("common.model"),
                cell: ({ config }) => (typeof config.model === "string" ? config.model : "—"),
              },
              { label: t("presets.made"), cell: ({ created_at }) => <When at={created_at} /> },
              {
                cell: ({ id, version }) =>
                  id === preset.designated_version_id ? (
                    <Badge>{t("presets.inUse")}</Badge>
                  ) : (
                    writes && (
                      <Button size="compact-sm" variant="default" onClick={() => change.mutate({ version })}>
                        {t("presets.useThis")}
                      </Button>
                    )
                  ),
              },
            ]}
          />
        )}
      </Loaded>
      <FormFault error={change.error} />
    </Section>
  );
}

function About({ preset }: { preset: Preset }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const change = useChange(preset.slug);
  const toggle = useChange(preset.slug);
  const [name, setName] = useState(preset.name);
  const [description, setDescription] = useState(preset.description ?? "");
  const [asked, setAsked] = useState<Asked | null>(null);
  const { slug } = preset;
  const isOn = preset.status === "active";
  return (
    <Section title={t("presets.about")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate({ name: name.trim(), description: description.trim() || null });
        }}
      >
        <Stack gap="sm" maw={460}>
          <TextInput
            label={t("common.name")}
            required
            maxLength={200}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Textarea
            label={t("workspaces.description")}
            autosize
            minRows={2}
            maxLength={1000}
            value={description}
            onChange={(event) => setDescription(event.currentTarget.value)}
          />
          <SaveRow save={change} />
        </Stack>
      </form>
      <FormFault error={toggle.error} />
      <Group gap="sm">
        <Button
          variant="default"
          loading={toggle.isPending}
          onClick={() => toggle.mutate({ status: isOn ? "disabled" : "active" })}
        >
          {isOn ? t("presets.switchOff") : t("presets.switchOn")}
        </Button>
        <Button
          variant="outline"
          color="red"
          onClick={() =>
            setAsked({
              title: t("presets.deleteTitle", { name: preset.name }),
              body: t("presets.deleteBody"),
              act: t("common.delete"),
              name: slug,
              run: async () => {
                await taken(client.DELETE("/api/app/presets/{slug}", { params: { path: { slug } } }));
                await navigate({ to: "/settings/presets" });
                await queries.invalidateQueries({ queryKey: presetsQuery.queryKey });
              },
            })
          }
        >
          {t("common.delete")}
        </Button>
      </Group>
      <Confirm asked={asked} close={() => setAsked(null)} />
    </Section>
  );
}
