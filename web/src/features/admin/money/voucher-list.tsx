/** The vouchers of a batch: the end of each code, who redeemed it, and a way to take a single one back. */
import { Badge, Button, Stack } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { DataTable } from "@/shared/ui/data-table";
import { FormFault } from "@/shared/ui/form-fault";
import { LinkAnchor } from "@/shared/ui/links";
import { Loaded } from "@/shared/ui/loaded";
import { When } from "@/shared/ui/time";
import { type Batch, batchesQuery, batchQuery } from "./queries";

export function VoucherList({ batch }: { batch: Batch }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const vouchers = useQuery(batchQuery(batch.id));
  const revoke = useMutation({
    mutationFn: (voucher_id: string) =>
      taken(
        client.POST("/api/admin/vouchers/{batch_id}/{voucher_id}/revoke", {
          params: { path: { batch_id: batch.id, voucher_id } },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: batchesQuery.queryKey }),
  });
  return (
    <Stack gap="sm">
      <FormFault error={revoke.error} />
      <Loaded query={vouchers}>
        {(rows) => (
          <DataTable
            rows={rows}
            keyOf={({ id }) => id}
            label={t("money.vouchers.ofBatch")}
            columns={[
              {
                label: t("money.vouchers.code"),
                cell: ({ label }) => <code className="mp-mono">…{label}</code>,
              },
              {
                label: t("common.state"),
                cell: (voucher) => (
                  <Badge color={voucher.redeemed_at || voucher.revoked_at ? "gray" : "tide"}>
                    {voucher.redeemed_at
                      ? t("money.vouchers.redeemed")
                      : voucher.revoked_at
                        ? t("money.vouchers.revoked")
                        : t("money.vouchers.valid")}
                  </Badge>
                ),
              },
              {
                label: t("money.vouchers.by"),
                cell: ({ account_id }) =>
                  account_id ? (
                    <LinkAnchor to="/admin/accounts/$id" params={{ id: account_id }} size="sm">
                      <code className="mp-mono">{account_id}</code>
                    </LinkAnchor>
                  ) : (
                    "—"
                  ),
              },
              { label: t("common.date"), cell: ({ redeemed_at }) => <When at={redeemed_at} /> },
              {
                cell: (voucher) =>
                  voucher.redeemed_at || voucher.revoked_at ? null : (
                    <Button
                      size="compact-xs"
                      variant="default"
                      loading={revoke.isPending && revoke.variables === voucher.id}
                      onClick={() => revoke.mutate(voucher.id)}
                    >
                      {t("money.vouchers.revoke")}
                    </Button>
                  ),
              },
            ]}
          />
        )}
      </Loaded>
    </Stack>
  );
}
