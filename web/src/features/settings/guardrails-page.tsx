/** `/settings/guardrails`: what keys and members may not do: spend more, use other models, send what must stay. */
import { Button, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { useMay } from "@/shared/api/session";
import { formatUsd } from "@/shared/lib/format";
import { usePageTitle } from "@/shared/lib/page-title";
import { DataTable } from "@/shared/ui/data-table";
import { Dialog } from "@/shared/ui/dialog";
import { FormFault } from "@/shared/ui/form-fault";
import { LinkAnchor } from "@/shared/ui/links";
import { Loaded } from "@/shared/ui/loaded";
import { Empty, PageTitle } from "@/shared/ui/states";
import { type Guardrail, guardrailsQuery, ZDR_OF } from "./guardrail-queries";
import { workspacesQuery } from "./workspace-queries";

export function GuardrailsPage() {
  const { t } = useTranslation();
  usePageTitle(t("guardrails.title"));
  const may = useMay();
  const [workspace, setWorkspace] = useState("default");
  const workspaces = useQuery(workspacesQuery);
  const guardrails = useQuery(guardrailsQuery(workspace));
  const whole = workspaces.data?.find(({ slug }) => slug === workspace);
  const [making, setMaking] = useState(false);
  const create = may("guardrails:write") && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setMaking(true)}>
      {t("guardrails.create")}
    </Button>
  );
  return (
    <>
      <PageTitle
        title={t("guardrails.title")}
        aside={guardrails.data && guardrails.data.length > 0 && create}
      >
        {t("guardrails.lead")}
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
      {whole && (
        <Text size="sm" mb="md">
          {t("guardrails.defaultLead", { name: whole.name })}{" "}
          <LinkAnchor
            to="/settings/guardrails/$id"
            params={{ id: whole.default_guardrail_id }}
            underline="always"
          >
            {t("guardrails.defaultOpen")}
          </LinkAnchor>
        </Text>
      )}
      <Loaded query={guardrails} rows={3}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title={t("guardrails.none")} action={create}>
              {t("guardrails.noneBody")}
            </Empty>
          ) : (
            <DataTable
              rows={rows}
              keyOf={({ id }) => id}
              label={t("guardrails.title")}
              columns={[
                {
                  label: t("common.name"),
                  cell: (each) => (
                    <div>
                      <LinkAnchor to="/settings/guardrails/$id" params={{ id: each.id }} fw={550}>
                        {whole?.default_guardrail_id === each.id
                          ? t("guardrails.defaultOf", { name: whole.name })
                          : each.name}
                      </LinkAnchor>
                      {each.description && (
                        <Text size="xs" c="dimmed">
                          {each.description}
                        </Text>
                      )}
                    </div>
                  ),
                },
                { label: t("guardrails.says"), cell: (each) => <Says guardrail={each} /> },
              ]}
            />
          )
        }
      </Loaded>
      <Dialog opened={making} onClose={() => setMaking(false)} title={t("guardrails.create")}>
        <CreateForm workspace={workspace} close={() => setMaking(false)} />
      </Dialog>
    </>
  );
}

/** What a guardrail says, in a few words. */
function Says({ guardrail }: { guardrail: Guardrail }) {
  const { t } = useTranslation();
  const filters = (guardrail.content_filters?.length ?? 0) + (guardrail.content_filter_builtins?.length ?? 0);
  const refused = (guardrail.ignored_models?.length ?? 0) + (guardrail.ignored_providers?.length ?? 0);
  const parts = [
    guardrail.limit_usd !== null && t("guardrails.limitOf", { limit: formatUsd(guardrail.limit_usd) }),
    guardrail.allowed_models && t("guardrails.someModels", { count: guardrail.allowed_models.length }),
    guardrail.allowed_providers &&
      t("guardrails.someProviders", { count: guardrail.allowed_providers.length }),
    refused > 0 && t("guardrails.refusedCount", { count: refused }),
    (guardrail.enforce_zdr || ZDR_OF.some((whose) => guardrail[`enforce_zdr_${whose}`])) && t("privacy.zdr"),
    filters > 0 && t("guardrails.filterCount", { count: filters }),
  ].filter(Boolean);
  return <Text size="sm">{parts.length ? parts.join(" · ") : t("guardrails.nothing")}</Text>;
}

function CreateForm({ workspace, close }: { workspace: string; close: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const create = useMutation({
    mutationFn: () =>
      taken(
        client.POST("/api/v1/guardrails", {
          body: { name: name.trim(), workspace_id: workspace, include_byok_in_budgets: false },
        }),
      ),
    onSuccess: async ({ data }) => {
      await queries.invalidateQueries({ queryKey: ["guardrails"] });
      await navigate({ to: "/settings/guardrails/$id", params: { id: data.id } });
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
        <TextInput
          label={t("common.name")}
          required
          maxLength={200}
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <FormFault error={create.error} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            {t("common.cancel")}
          </Button>
          <Button type="submit" loading={create.isPending}>
            {t("guardrails.create")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
