/** `/admin/vouchers`: batches of vouchers: made, handed out as a file, watched, taken back. */
import { Badge, Button, Group, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { formatNumber, formatUsd, shortDate } from "@/shared/lib/format";
import { usePageTitle } from "@/shared/lib/page-title";
import { DataTable } from "@/shared/ui/data-table";
import { type Asked, Confirm, Dialog } from "@/shared/ui/dialog";
import { Loaded } from "@/shared/ui/loaded";
import { Empty, PageTitle } from "@/shared/ui/states";
import { When } from "@/shared/ui/time";
import { type Batch, type BatchMade, batchesQuery } from "./queries";
import { Codes } from "./voucher-codes";
import { MakeVouchers } from "./voucher-form";
import { VoucherList } from "./voucher-list";

export function VouchersPage() {
  const { t } = useTranslation();
  usePageTitle(t("money.vouchers.title"));
  const queries = useQueryClient();
  const batches = useQuery(batchesQuery);
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<BatchMade | null>(null);
  const [opened, setOpened] = useState<Batch | null>(null);
  const [asked, setAsked] = useState<Asked | null>(null);
  const revoke = (batch: Batch): Asked => ({
    title: t("money.vouchers.revokeTitle"),
    body: t("money.vouchers.revokeBody", { count: batch.count - batch.redeemed }),
    act: t("money.vouchers.revoke"),
    run: async () => {
      await taken(
        client.POST("/api/admin/vouchers/{batch_id}/revoke", { params: { path: { batch_id: batch.id } } }),
      );
      await queries.invalidateQueries({ queryKey: batchesQuery.queryKey });
    },
  });
  return (
    <>
      <PageTitle
        title={t("money.vouchers.title")}
        aside={
          <Button leftSection={<IconPlus size={16} />} onClick={() => setMaking(true)}>
            {t("money.vouchers.make")}
          </Button>
        }
      >
        {t("money.vouchers.lead")}
      </PageTitle>
      <Loaded query={batches}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty title={t("money.vouchers.none")}>{t("money.vouchers.noneBody")}</Empty>
          ) : (
            <BatchTable rows={rows} open={setOpened} revoke={(batch) => setAsked(revoke(batch))} />
          )
        }
      </Loaded>
      <Dialog opened={making} onClose={() => setMaking(false)} title={t("money.vouchers.make")}>
        <MakeVouchers
          close={() => setMaking(false)}
          made={(batch) => {
            setMaking(false);
            setMade(batch);
          }}
        />
      </Dialog>
      <Dialog opened={made !== null} onClose={() => setMade(null)} title={t("money.vouchers.made")} size="lg">
        {made && <Codes made={made} />}
      </Dialog>
      <Dialog
        opened={opened !== null}
        onClose={() => setOpened(null)}
        title={t("money.vouchers.ofBatch")}
        size="xl"
      >
        {opened && <VoucherList batch={opened} />}
      </Dialog>
      <Confirm asked={asked} close={() => setAsked(null)} />
    </>
  );
}

function BatchTable({
  rows,
  open,
  revoke,
}: {
  rows: Batch[];
  open: (batch: Batch) => void;
  revoke: (batch: Batch) => void;
}) {
  const { t } = useTranslation();
  return (
    <DataTable
      rows={rows}
      keyOf={({ id }) => id}
      label={t("money.vouchers.title")}
      columns={[
        {
          label: t("money.vouchers.note"),
          cell: (batch) => (
            <div>
              <Text size="sm" fw={550}>
                {batch.note || t("money.vouchers.noNote")}
              </Text>
              <Text size="xs" c="dimmed">
                <When at={batch.created_at} />
              </Text>
            </div>
          ),
        },
        { label: t("common.state"), cell: (batch) => <BatchState batch={batch} /> },
        {
          label: t("money.amount"),
          isNumber: true,
          cell: ({ amount }) => formatUsd(Number(amount)),
        },
        {
          label: t("money.vouchers.redeemed"),
          isNumber: true,
          cell: ({ redeemed, count }) => `${formatNumber(redeemed)} / ${formatNumber(count)}`,
        },
        {
          label: t("money.vouchers.rules"),
          cell: (batch) => (
            <Text size="xs" c="dimmed">
              {[
                batch.promotional && t("money.vouchers.promotional"),
                batch.per_user && t("money.vouchers.perUserRule", { count: batch.per_user }),
                batch.credits_days && t("money.vouchers.creditsDaysRule", { count: batch.credits_days }),
              ]
                .filter(Boolean)
                .join(" · ") || "—"}
            </Text>
          ),
        },
        {
          cell: (batch) => (
            <Group gap={6} justify="flex-end" wrap="nowrap">
              <Button size="compact-sm" variant="default" onClick={() => open(batch)}>
                {t("money.open")}
              </Button>
              <Button
                size="compact-sm"
                variant="default"
                disabled={batch.revoked_at !== null || batch.redeemed === batch.count}
                onClick={() => revoke(batch)}
              >
                {t("money.vouchers.revoke")}
              </Button>
            </Group>
          ),
        },
      ]}
    />
  );
}

function BatchState({ batch }: { batch: Batch }) {
  const { t } = useTranslation();
  if (batch.revoked_at) return <Badge color="gray">{t("money.vouchers.revoked")}</Badge>;
  if (batch.redeemed === batch.count) return <Badge color="gray">{t("money.vouchers.usedUp")}</Badge>;
  if (!batch.expires_at) return <Badge color="tide">{t("money.vouchers.valid")}</Badge>;
  const until = new Date(batch.expires_at);
  if (until.getTime() < Date.now()) return <Badge color="gray">{t("money.vouchers.expired")}</Badge>;
  return <Badge color="tide">{t("money.vouchers.until", { date: shortDate(until) })}</Badge>;
}
