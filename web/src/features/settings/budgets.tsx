/** What a workspace may spend in each period, what it has, and changing that. */
import { Button, Group, NumberInput, Progress, Select, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { formatPercent, formatUsd } from "@/shared/lib/format";
import { DataTable } from "@/shared/ui/data-table";
import { FormFault } from "@/shared/ui/form-fault";
import { Loaded } from "@/shared/ui/loaded";
import { Section } from "@/shared/ui/section";
import { type Budget, budgetsQuery, INTERVALS, type Interval, type Workspace } from "./workspace-queries";

const intervalOf = (budget: Budget): Interval => budget.reset_interval ?? "lifetime";

export function Budgets({ workspace, writes }: { workspace: Workspace; writes: boolean }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { slug } = workspace;
  const budgets = useQuery(budgetsQuery(slug));
  const remove = useMutation({
    mutationFn: (interval: Interval) =>
      taken(
        client.DELETE("/api/v1/workspaces/{ref}/budgets/{interval}", {
          params: { path: { ref: workspace.id, interval } },
        }),
      ),
    onSettled: () => queries.invalidateQueries(budgetsQuery(slug)),
  });
  return (
    <Section title={t("workspaces.budgets")} lead={t("workspaces.budgetsLead")} wide>
      <Loaded query={budgets} rows={2}>
        {({ data }) =>
          data.length === 0 ? (
            <Text c="dimmed">{t("workspaces.noBudgets")}</Text>
          ) : (
            <DataTable
              rows={data}
              keyOf={({ id }) => id}
              label={t("workspaces.budgets")}
              columns={[
                {
                  label: t("workspaces.period"),
                  cell: (budget) => t(`workspaces.intervals.${intervalOf(budget)}`),
                },
                {
                  label: t("workspaces.spent"),
                  isNumber: true,
                  cell: ({ spent_usd }) => formatUsd(spent_usd),
                },
                { label: t("keys.limit"), isNumber: true, cell: ({ limit_usd }) => formatUsd(limit_usd) },
                {
                  label: t("workspaces.share"),
                  cell: ({ spent_usd, limit_usd }) => (
                    <Group gap={8} wrap="nowrap">
                      <Progress
                        w={90}
                        value={Math.min((spent_usd / limit_usd) * 100, 100)}
                        color={spent_usd >= limit_usd ? "red" : "tide"}
                        aria-label={t("workspaces.share")}
                      />
                      <span>{formatPercent(spent_usd / limit_usd, 0)}</span>
                    </Group>
                  ),
                },
                {
                  cell: (budget) =>
                    writes && (
                      <Button
                        size="compact-sm"
                        variant="default"
                        onClick={() => remove.mutate(intervalOf(budget))}
                      >
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
      {writes && <SetBudget workspace={workspace} />}
    </Section>
  );
}

function SetBudget({ workspace }: { workspace: Workspace }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [interval, setInterval] = useState<Interval>("monthly");
  const [limit, setLimit] = useState<number | string>("");
  const save = useMutation({
    mutationFn: () =>
      taken(
        client.PUT("/api/v1/workspaces/{ref}/budgets/{interval}", {
          params: { path: { ref: workspace.id, interval } },
          body: { limit_usd: String(limit) },
        }),
      ),
    onSuccess: () => {
      setLimit("");
      return queries.invalidateQueries(budgetsQuery(workspace.slug));
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Stack gap="sm" maw={560}>
        <Group gap="sm" align="flex-end">
          <Select
            label={t("workspaces.period")}
            w={170}
            allowDeselect={false}
            value={interval}
            data={INTERVALS.map((value) => ({ value, label: t(`workspaces.intervals.${value}`) }))}
            onChange={(value) => setInterval(INTERVALS.find((each) => each === value) ?? "monthly")}
          />
          <NumberInput
            label={t("keys.limit")}
            w={150}
            prefix="$"
            min={0}
            decimalScale={6}
            required
            value={limit}
            onChange={setLimit}
          />
          <Button type="submit" variant="default" loading={save.isPending}>
            {t("workspaces.setBudget")}
          </Button>
        </Group>
        <FormFault error={save.error} />
      </Stack>
    </form>
  );
}
