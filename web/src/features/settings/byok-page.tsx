/** `/settings/byok`: keys the account has with providers itself, used before the operator's. */
import {
  ActionIcon,
  Badge,
  Button,
  Group,
  Menu,
  PasswordInput,
  Select,
  Stack,
  Switch,
  TagsInput,
  Text,
  TextInput,
} from "@mantine/core";
import { IconDots, IconPlus } from "@tabler/icons-react";
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { modelsQuery } from "@/shared/api/models";
import { providerNamesQuery } from "@/shared/api/providers";
import type { components } from "@/shared/api/schema";
import { useMay } from "@/shared/api/session";
import { usePageTitle } from "@/shared/lib/page-title";
import { AuthorMark } from "@/shared/ui/author-mark";
import { DataTable } from "@/shared/ui/data-table";
import { type Asked, Confirm, Dialog } from "@/shared/ui/dialog";
import { FormFault } from "@/shared/ui/form-fault";
import { Loaded } from "@/shared/ui/loaded";
import { Empty, PageTitle } from "@/shared/ui/states";
import { When } from "@/shared/ui/time";
import { workspacesQuery } from "./workspace-queries";

type OwnKey = components["schemas"]["OwnKeyData"];

const ownKeysQuery = (workspace: string) =>
  queryOptions({
    queryKey: ["byok", workspace],
    queryFn: async ({ signal }): Promise<OwnKey[]> => {
      const query = { limit: 100, workspace_id: workspace };
      return (await taken(client.GET("/api/v1/byok", { params: { query }, signal }))).data;
    },
  });

export function ByokPage() {
  const { t } = useTranslation();
  usePageTitle(t("byok.title"));
  const may = useMay();
  const [workspace, setWorkspace] = useState("default");
  const workspaces = useQuery(workspacesQuery);
  const keys = useQuery(ownKeysQuery(workspace));
  const [making, setMaking] = useState(false);
  const create = may("byok:write") && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setMaking(true)}>
      {t("byok.create")}
    </Button>
  );
  return (
    <>
      <PageTitle title={t("byok.title")} aside={keys.data && keys.data.length > 0 && create}>
        {t("byok.lead")}
      </PageTitle>
      {workspaces.data && workspaces.data.length > 1 && (
        <Select
          mb="md"
          w={260}
          label={t("keys.workspace")}
          allowDeselect={false}
          value={workspace}
          data={workspaces.data.map(({ slug, name }) => ({ value: slug, label: name }))}
          onChange={(value) => setWorkspace(value ?? "default")}
        />
      )}
      <Loaded query={keys} rows={3}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title={t("byok.none")} action={create}>
              {t("byok.noneBody")}
            </Empty>
          ) : (
            <OwnKeys rows={rows} />
          )
        }
      </Loaded>
      <Dialog opened={making} onClose={() => setMaking(false)} title={t("byok.create")}>
        <CreateForm workspace={workspace} close={() => setMaking(false)} />
      </Dialog>
    </>
  );
}

type Change = Partial<Pick<OwnKey, "disabled" | "is_fallback" | "is_required">>;

function OwnKeys({ rows }: { rows: OwnKey[] }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const may = useMay();
  const [asked, setAsked] = useState<Asked | null>(null);
  const settled = () => queries.invalidateQueries({ queryKey: ["byok"] });
  const change = useMutation({
    mutationFn: ({ id, body }: { id: string; body: Change }) =>
      taken(client.PATCH("/api/v1/byok/{id}", { params: { path: { id } }, body })),
    onSettled: settled,
  });
  const remove = ({ id, provider, name, label }: OwnKey) =>
    setAsked({
      title: t("byok.deleteTitle"),
      body: t("byok.deleteBody", { name: name || label, provider }),
      act: t("common.delete"),
      run: async () => {
        await taken(client.DELETE("/api/v1/byok/{id}", { params: { path: { id } } }));
        await settled();
      },
    });
  return (
    <>
      <FormFault error={change.error} />
      <DataTable
        rows={rows}
        keyOf={({ id }) => id}
        label={t("byok.title")}
        columns={[
          {
            label: t("common.provider"),
            cell: ({ provider, name, label }) => (
              <div>
                <AuthorMark author={provider} size={18} /> <b>{provider}</b> {name}
                <Text size="xs" c="dimmed">
                  <code className="mp-mono">{label}</code>
                </Text>
              </div>
            ),
          },
          {
            label: t("common.state"),
            cell: ({ disabled, is_fallback, is_required }) => (
              <Group gap={6}>
                <Badge color={disabled ? "gray" : "tide"}>
                  {disabled ? t("common.off") : t("common.on")}
                </Badge>
                <Badge color="gray">{is_fallback ? t("byok.fallback") : t("byok.first")}</Badge>
                {is_required && <Badge color="gray">{t("byok.always")}</Badge>}
              </Group>
            ),
          },
          {
            label: t("keys.models"),
            cell: ({ allowed_models }) => allowed_models?.join(", ") || t("byok.allModels"),
          },
          { label: t("workspaces.since"), cell: ({ created_at }) => <When at={created_at} /> },
          {
            cell: (key) =>
              may("byok:write") && (
                <Menu position="bottom-end">
                  <Menu.Target>
                    <ActionIcon
                      variant="subtle"
                      color="gray"
                      aria-label={t("keys.menuOf", { name: key.name || key.provider })}
                    >
                      <IconDots size={17} />
                    </ActionIcon>
                  </Menu.Target>
                  <Menu.Dropdown>
                    <Menu.Item
                      onClick={() => change.mutate({ id: key.id, body: { disabled: !key.disabled } })}
                    >
                      {key.disabled ? t("keys.enable") : t("keys.disable")}
                    </Menu.Item>
                    <Menu.Item
                      onClick={() => change.mutate({ id: key.id, body: { is_fallback: !key.is_fallback } })}
                    >
                      {key.is_fallback ? t("byok.makeFirst") : t("byok.makeFallback")}
                    </Menu.Item>
                    <Menu.Item
                      onClick={() => change.mutate({ id: key.id, body: { is_required: !key.is_required } })}
                    >
                      {key.is_required ? t("byok.notAlways") : t("byok.makeAlways")}
                    </Menu.Item>
                    <Menu.Item color="red" onClick={() => remove(key)}>
                      {t("common.delete")}
                    </Menu.Item>
                  </Menu.Dropdown>
                </Menu>
              ),
          },
        ]}
      />
      <Confirm asked={asked} close={() => setAsked(null)} />
    </>
  );
}

const NEW = {
  provider: null as string | null,
  key: "",
  name: "",
  models: [] as string[],
  fallback: false,
  always: false,
};

function CreateForm({ workspace, close }: { workspace: string; close: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const providers = useQuery(providerNamesQuery);
  const models = useQuery(modelsQuery);
  const [draft, setDraft] = useState(NEW);
  const set = (part: Partial<typeof NEW>) => setDraft((before) => ({ ...before, ...part }));
  const create = useMutation({
    gcTime: 0,
    mutationFn: () =>
      taken(
        client.POST("/api/v1/byok", {
          body: {
            provider: draft.provider ?? "",
            key: draft.key.trim(),
            name: draft.name.trim() || null,
            allowed_models: draft.models.length ? draft.models : null,
            workspace_id: workspace,
            is_fallback: draft.fallback,
            is_required: draft.always,
            disabled: false,
            is_byok_only: false,
          },
        }),
      ),
    onSuccess: () => {
      close();
      return queries.invalidateQueries({ queryKey: ["byok"] });
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        create.mutate();
      }}
    >
      <Stack gap="sm">
        <Select
          label={t("common.provider")}
          searchable
          required
          value={draft.provider}
          data={providers.data ?? []}
          onChange={(provider) => set({ provider })}
        />
        <PasswordInput
          label={t("admin.key")}
          description={t("byok.keyNote")}
          required
          autoComplete="off"
          visibilityToggleButtonProps={{ "aria-label": t("signIn.showPassword") }}
          value={draft.key}
          onChange={(event) => set({ key: event.currentTarget.value })}
        />
        <TextInput
          label={t("common.name")}
          maxLength={200}
          value={draft.name}
          onChange={(event) => set({ name: event.currentTarget.value })}
        />
        <TagsInput
          label={t("keys.models")}
          description={t("byok.modelsNote")}
          data={[...new Set(models.data?.map(({ id }) => id))]}
          limit={20}
          acceptValueOnBlur
          value={draft.models}
          onChange={(chosen) => set({ models: chosen })}
        />
        <Switch
          label={t("byok.fallbackLabel")}
          description={t("byok.fallbackNote")}
          checked={draft.fallback}
          onChange={(event) => set({ fallback: event.currentTarget.checked })}
        />
        <Switch
          label={t("byok.alwaysLabel")}
          description={t("byok.alwaysNote")}
          checked={draft.always}
          onChange={(event) => set({ always: event.currentTarget.checked })}
        />
        <FormFault error={create.error} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            {t("common.cancel")}
          </Button>
          <Button type="submit" disabled={!draft.provider} loading={create.isPending}>
            {t("byok.create")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
