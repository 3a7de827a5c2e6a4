/** `/settings/observability`: where the account's traces go, how deliveries do, and a test call of each. */
import { ActionIcon, Alert, Badge, Button, Menu, Select, Stack, Switch, Text } from "@mantine/core";
import { IconDots, IconPlus } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { useMay } from "@/shared/api/session";
import { usePageTitle } from "@/shared/lib/page-title";
import { CodeBlock } from "@/shared/ui/code";
import { DataTable } from "@/shared/ui/data-table";
import { type Asked, Confirm, Dialog } from "@/shared/ui/dialog";
import { FormFault } from "@/shared/ui/form-fault";
import { LinkAnchor } from "@/shared/ui/links";
import { Loaded } from "@/shared/ui/loaded";
import { Empty, PageTitle } from "@/shared/ui/states";
import { When } from "@/shared/ui/time";
import { DestinationForm } from "./destination-form";
import { type Destination, destinationsQuery, kindOf } from "./destination-queries";
import { TestCall, useFailing } from "./destination-test";
import { type Workspace, workspacesQuery } from "./workspace-queries";

export function ObservabilityPage() {
  const { t } = useTranslation();
  usePageTitle(t("observability.title"));
  const may = useMay();
  const queries = useQueryClient();
  const [workspace, setWorkspace] = useState("default");
  const workspaces = useQuery(workspacesQuery);
  const chosen = workspaces.data?.find(({ slug }) => slug === workspace);
  const destinations = useQuery(destinationsQuery(workspace));
  const [making, setMaking] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const create = may("destinations:write") && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setMaking(true)}>
      {t("observability.create")}
    </Button>
  );
  const made = (destination: Destination) => {
    setMaking(false);
    void queries.invalidateQueries({ queryKey: workspacesQuery.queryKey }); // the first one switches sending on
    const { signingSecret } = destination.config;
    if (typeof signingSecret === "string") setSecret(signingSecret);
  };
  return (
    <>
      <PageTitle
        title={t("observability.title")}
        aside={destinations.data && destinations.data.length > 0 && create}
      >
        {t("observability.lead")}
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
      {chosen && destinations.data && destinations.data.length > 0 && <Sending of={chosen} />}
      <Loaded query={destinations} rows={3}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title={t("observability.none")} action={create}>
              {t("observability.noneBody")}
            </Empty>
          ) : (
            <Destinations rows={rows} />
          )
        }
      </Loaded>
      <Dialog opened={making} onClose={() => setMaking(false)} title={t("observability.create")}>
        <DestinationForm workspace={workspace} made={made} close={() => setMaking(false)} />
      </Dialog>
      <Dialog opened={secret !== null} onClose={() => setSecret(null)} title={t("notifications.secretTitle")}>
        <Stack gap="sm">
          <Text size="sm">{t("notifications.secretLead")}</Text>
          {secret && <CodeBlock code={secret} label={t("notifications.secret")} />}
        </Stack>
      </Dialog>
    </>
  );
}

/** Whether the workspace's traces are sent at all: the same switch as on its own page. */
function Sending({ of: workspace }: { of: Workspace }) {
  const isOn = workspace.is_observability_broadcast_enabled;
  const { t } = useTranslation();
  const queries = useQueryClient();
  const may = useMay();
  const save = useMutation({
    mutationFn: (on: boolean) =>
      taken(
        client.PATCH("/api/v1/workspaces/{ref}", {
          params: { path: { ref: workspace.id } },
          body: {
            io_logging_sampling_rate: workspace.io_logging_sampling_rate,
            is_data_discount_logging_enabled: workspace.is_data_discount_logging_enabled,
            is_observability_io_logging_enabled: workspace.is_observability_io_logging_enabled,
            is_observability_broadcast_enabled: on,
          },
        }),
      ),
    onSettled: () => queries.invalidateQueries({ queryKey: workspacesQuery.queryKey }),
  });
  return (
    <Stack gap="sm" mb="md">
      <Switch
        label={t("observability.sending")}
        description={t("observability.sendingNote")}
        checked={save.isPending ? save.variables : isOn}
        disabled={!may("workspaces:write")}
        onChange={(event) => save.mutate(event.currentTarget.checked)}
      />
      {!isOn && (
        <Alert color="orange" variant="light" role="status">
          {t("observability.sendingOff")}
        </Alert>
      )}
      <FormFault error={save.error} />
    </Stack>
  );
}

function Destinations({ rows }: { rows: Destination[] }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const may = useMay();
  const [asked, setAsked] = useState<Asked | null>(null);
  const settled = () => queries.invalidateQueries({ queryKey: ["destinations"] });
  const toggle = useMutation({
    mutationFn: ({ id, enabled }: Destination) =>
      taken(
        client.PATCH("/api/v1/observability/destinations/{id}", {
          params: { path: { id } },
          body: { enabled: !enabled },
        }),
      ),
    onSettled: settled,
  });
  const remove = ({ id, name, type }: Destination) =>
    setAsked({
      title: t("observability.deleteTitle", { name: name ?? type }),
      body: t("observability.deleteBody"),
      act: t("common.delete"),
      run: async () => {
        await taken(client.DELETE("/api/v1/observability/destinations/{id}", { params: { path: { id } } }));
        await settled();
      },
    });
  return (
    <>
      <FormFault error={toggle.error} />
      <DataTable
        rows={rows}
        keyOf={({ id }) => id}
        label={t("observability.title")}
        columns={[
          {
            label: t("common.name"),
            cell: ({ id, name, type, privacy_mode, sampling_rate, filter_rules, api_key_hashes }) => (
              <div>
                <LinkAnchor to="/settings/observability/$id" params={{ id }} fw={550}>
                  {name ?? type}
                </LinkAnchor>
                <Text size="xs" c="dimmed">
                  {t(`observability.kinds.${kindOf(type)}`)}
                  {!privacy_mode && ` · ${t("observability.withContents")}`}
                  {(sampling_rate < 1 || filter_rules || api_key_hashes) && ` · ${t("observability.some")}`}
                </Text>
              </div>
            ),
          },
          {
            label: t("common.state"),
            cell: ({ enabled }) => (
              <Badge color={enabled ? "tide" : "gray"}>{enabled ? t("common.on") : t("common.off")}</Badge>
            ),
          },
          { label: t("observability.delivered"), cell: (each) => <Delivered of={each} /> },
          { label: t("admin.test"), cell: ({ id }) => may("destinations:write") && <TestCall id={id} /> },
          {
            cell: (each) =>
              may("destinations:write") && (
                <Menu position="bottom-end">
                  <Menu.Target>
                    <ActionIcon
                      variant="subtle"
                      color="gray"
                      aria-label={t("keys.menuOf", { name: each.name ?? each.type })}
                    >
                      <IconDots size={17} />
                    </ActionIcon>
                  </Menu.Target>
                  <Menu.Dropdown>
                    <Menu.Item onClick={() => toggle.mutate(each)}>
                      {each.enabled ? t("keys.disable") : t("keys.enable")}
                    </Menu.Item>
                    <Menu.Item color="var(--mp-down)" onClick={() => remove(each)}>
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

function Delivered({ of: { delivery } }: { of: Destination }) {
  const { t } = useTranslation();
  const words = useFailing();
  return (
    <div>
      {delivery.delivered_at ? <When at={delivery.delivered_at} /> : t("common.never")}
      {delivery.fault && (
        <Text size="xs" c="red">
          {words(delivery)}
        </Text>
      )}
      {delivery.dropped > 0 && (
        <Text size="xs" c="dimmed">
          {t("observability.dropped", { count: delivery.dropped })}
        </Text>
      )}
    </div>
  );
}
