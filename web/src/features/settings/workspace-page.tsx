/** `/settings/workspaces/{slug}`: one workspace's settings, budgets and members; and its end. */
import { Button, Checkbox, Group, NumberInput, Select, Stack, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { useMay } from "@/shared/api/session";
import { usePageTitle } from "@/shared/lib/page-title";
import { type Asked, Confirm } from "@/shared/ui/dialog";
import { LinkAnchor } from "@/shared/ui/links";
import { Loaded } from "@/shared/ui/loaded";
import { ModelField } from "@/shared/ui/model-field";
import { SaveRow } from "@/shared/ui/save-row";
import { Section } from "@/shared/ui/section";
import { PageTitle } from "@/shared/ui/states";
import { Budgets } from "./budgets";
import { WorkspaceMembers } from "./workspace-members";
import { SORTS, type Workspace, workspaceQuery, workspacesQuery } from "./workspace-queries";

const route = getRouteApi("/settings/workspaces/$ref");

export function WorkspacePage() {
  const { t } = useTranslation();
  const { ref } = route.useParams();
  const may = useMay();
  const workspace = useQuery(workspaceQuery(ref));
  usePageTitle(workspace.data?.name ?? t("workspaces.title"));
  const writes = may("workspaces:write");
  return (
    <Loaded query={workspace}>
      {(found) => (
        <>
          <LinkAnchor to="/settings/workspaces" size="sm">
            {t("workspaces.all")}
          </LinkAnchor>
          <PageTitle title={found.name}>{found.description}</PageTitle>
          <Stack gap={40}>
            <Budgets workspace={found} writes={writes} />
            <WorkspaceMembers workspace={found} writes={writes} />
            {writes && <SettingsOf key={found.id} workspace={found} />}
            {writes && <Remove workspace={found} />}
          </Stack>
        </>
      )}
    </Loaded>
  );
}

function SettingsOf({ workspace }: { workspace: Workspace }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [draft, setDraft] = useState(workspace);
  const set = (part: Partial<Workspace>) => setDraft((before) => ({ ...before, ...part }));
  const save = useMutation({
    mutationFn: () =>
      taken(
        client.PATCH("/api/v1/workspaces/{ref}", {
          params: { path: { ref: workspace.id } },
          body: {
            name: draft.name.trim(),
            slug: draft.slug,
            description: draft.description?.trim() || null,
            default_text_model: draft.default_text_model || null,
            default_image_model: draft.default_image_model || null,
            default_provider_sort: SORTS.find((each) => each === draft.default_provider_sort) ?? null,
            io_logging_sampling_rate: draft.io_logging_sampling_rate,
            is_data_discount_logging_enabled: draft.is_data_discount_logging_enabled,
            is_observability_broadcast_enabled: draft.is_observability_broadcast_enabled,
            is_observability_io_logging_enabled: draft.is_observability_io_logging_enabled,
          },
        }),
      ),
    onSuccess: async ({ data }) => {
      if (data.slug !== workspace.slug) {
        await navigate({ to: "/settings/workspaces/$ref", params: { ref: data.slug }, replace: true });
      }
      await queries.invalidateQueries({ queryKey: workspacesQuery.queryKey });
    },
  });
  return (
    <Section title={t("workspaces.settings")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <Stack gap="sm" maw={560}>
          <Group grow gap="sm" align="flex-start">
            <TextInput
              label={t("common.name")}
              required
              maxLength={100}
              value={draft.name}
              onChange={(event) => set({ name: event.currentTarget.value })}
            />
            <TextInput
              label={t("workspaces.slug")}
              required
              maxLength={50}
              pattern="[a-z0-9]+(-[a-z0-9]+)*"
              value={draft.slug}
              onChange={(event) => set({ slug: event.currentTarget.value })}
            />
          </Group>
          <Textarea
            label={t("workspaces.description")}
            autosize
            minRows={2}
            maxLength={1000}
            value={draft.description ?? ""}
            onChange={(event) => set({ description: event.currentTarget.value })}
          />
          <ModelField
            label={t("workspaces.defaultModel")}
            description={t("workspaces.defaultModelNote")}
            value={draft.default_text_model ?? ""}
            onChange={(value) => set({ default_text_model: value })}
          />
          <Select
            label={t("workspaces.sort")}
            description={t("workspaces.sortNote")}
            clearable
            placeholder={t("workspaces.sorts.none")}
            value={draft.default_provider_sort}
            data={SORTS.map((value) => ({ value, label: t(`workspaces.sorts.${value}`) }))}
            onChange={(value) => set({ default_provider_sort: value })}
          />
          <Logging draft={draft} set={set} />
          <SaveRow save={save} />
        </Stack>
      </form>
    </Section>
  );
}

function Logging({ draft, set }: { draft: Workspace; set: (part: Partial<Workspace>) => void }) {
  const { t } = useTranslation();
  return (
    <>
      <Checkbox
        label={t("workspaces.broadcast")}
        description={t("workspaces.broadcastNote")}
        checked={draft.is_observability_broadcast_enabled}
        onChange={(event) => set({ is_observability_broadcast_enabled: event.currentTarget.checked })}
      />
      <Checkbox
        label={t("workspaces.logging")}
        description={t("workspaces.loggingNote")}
        checked={draft.is_observability_io_logging_enabled}
        onChange={(event) => set({ is_observability_io_logging_enabled: event.currentTarget.checked })}
      />
      {draft.is_observability_io_logging_enabled && (
        <NumberInput
          label={t("workspaces.sampling")}
          suffix=" %"
          min={0}
          max={100}
          decimalScale={2}
          value={Math.round(draft.io_logging_sampling_rate * 10_000) / 100}
          onChange={(value) => set({ io_logging_sampling_rate: Number(value) / 100 })}
        />
      )}
    </>
  );
}

function Remove({ workspace }: { workspace: Workspace }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [asked, setAsked] = useState<Asked | null>(null);
  if (workspace.slug === "default") return null;
  const { id, name } = workspace;
  return (
    <Section title={t("workspaces.remove")} lead={t("workspaces.removeLead")}>
      <Group>
        <Button
          variant="default"
          onClick={() =>
            setAsked({
              title: t("workspaces.removeTitle", { name }),
              body: t("workspaces.removeLead"),
              act: t("common.delete"),
              name,
              run: async () => {
                await taken(client.DELETE("/api/v1/workspaces/{ref}", { params: { path: { ref: id } } }));
                await navigate({ to: "/settings/workspaces" });
                await queries.invalidateQueries({ queryKey: workspacesQuery.queryKey });
              },
            })
          }
        >
          {t("workspaces.remove")}
        </Button>
      </Group>
      <Confirm asked={asked} close={() => setAsked(null)} />
    </Section>
  );
}
