/** `/settings/workspaces`: the parts of the account, each with keys, members and budgets of its own. */
import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { useMay } from "@/shared/api/session";
import { usePageTitle } from "@/shared/lib/page-title";
import { DataTable } from "@/shared/ui/data-table";
import { Dialog } from "@/shared/ui/dialog";
import { FormFault } from "@/shared/ui/form-fault";
import { LinkAnchor } from "@/shared/ui/links";
import { Loaded } from "@/shared/ui/loaded";
import { PageTitle } from "@/shared/ui/states";
import { When } from "@/shared/ui/time";
import { slugOf, workspacesQuery } from "./workspace-queries";

export function WorkspacesPage() {
  const { t } = useTranslation();
  usePageTitle(t("workspaces.title"));
  const may = useMay();
  const workspaces = useQuery(workspacesQuery);
  const [making, setMaking] = useState(false);
  return (
    <>
      <PageTitle
        title={t("workspaces.title")}
        aside={
          may("workspaces:write") && (
            <Button leftSection={<IconPlus size={16} />} onClick={() => setMaking(true)}>
              {t("workspaces.create")}
            </Button>
          )
        }
      >
        {t("workspaces.lead")}
      </PageTitle>
      <Loaded query={workspaces} rows={3}>
        {(rows) => (
          <DataTable
            rows={rows}
            keyOf={({ id }) => id}
            label={t("workspaces.title")}
            columns={[
              {
                label: t("common.name"),
                cell: (each) => (
                  <div>
                    <LinkAnchor to="/settings/workspaces/$ref" params={{ ref: each.slug }} fw={550}>
                      {each.name}
                    </LinkAnchor>
                    <Text size="xs" c="dimmed">
                      <code className="mp-mono">{each.slug}</code>
                    </Text>
                  </div>
                ),
              },
              { label: t("workspaces.description"), cell: ({ description }) => description || "—" },
              { label: t("workspaces.since"), cell: ({ created_at }) => <When at={created_at} /> },
            ]}
          />
        )}
      </Loaded>
      <Dialog opened={making} onClose={() => setMaking(false)} title={t("workspaces.create")}>
        <CreateForm close={() => setMaking(false)} />
      </Dialog>
    </>
  );
}

function CreateForm({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const [slug, setSlug] = useState<string | null>(null);
  const create = useMutation({
    mutationFn: () =>
      taken(
        client.POST("/api/v1/workspaces", {
          body: {
            name: name.trim(),
            slug: slug ?? slugOf(name),
            io_logging_sampling_rate: 1,
            is_data_discount_logging_enabled: false,
            is_observability_broadcast_enabled: false,
            is_observability_io_logging_enabled: false,
          },
        }),
      ),
    onSuccess: async ({ data }) => {
      await queries.invalidateQueries({ queryKey: workspacesQuery.queryKey });
      await navigate({ to: "/settings/workspaces/$ref", params: { ref: data.slug } });
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
          maxLength={100}
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput
          label={t("workspaces.slug")}
          description={t("workspaces.slugNote")}
          required
          maxLength={50}
          pattern="[a-z0-9]+(-[a-z0-9]+)*"
          value={slug ?? slugOf(name)}
          onChange={(event) => setSlug(event.currentTarget.value)}
        />
        <FormFault error={create.error} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            {t("common.cancel")}
          </Button>
          <Button type="submit" loading={create.isPending}>
            {t("workspaces.create")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
