/** Making a batch of vouchers. */
import { Button, Checkbox, Group, NumberInput, SimpleGrid, Stack, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { FormFault } from "@/shared/ui/form-fault";
import { type BatchMade, batchesQuery } from "./queries";

type Amount = number | string;
const NEW = {
  amount: "" as Amount,
  count: 10 as Amount,
  note: "",
  day: "",
  perUser: "" as Amount,
  creditsDays: "" as Amount,
  promotional: false,
};

const orNull = (value: Amount) => (value === "" ? null : Number(value));

export function MakeVouchers({ made, close }: { made: (batch: BatchMade) => void; close: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [draft, setDraft] = useState(NEW);
  const set = (part: Partial<typeof NEW>) => setDraft((before) => ({ ...before, ...part }));
  const make = useMutation({
    // The codes are in the answer alone: nothing keeps it.
    gcTime: 0,
    mutationFn: () =>
      taken(
        client.POST("/api/admin/vouchers", {
          body: {
            amount: String(draft.amount),
            count: Number(draft.count),
            note: draft.note.trim(),
            expires_at: draft.day ? new Date(`${draft.day}T23:59:59`).toISOString() : null,
            per_user: orNull(draft.perUser),
            credits_days: orNull(draft.creditsDays),
            promotional: draft.promotional,
          },
        }),
      ),
    onSuccess: async (batch) => {
      await queries.invalidateQueries({ queryKey: batchesQuery.queryKey });
      made(batch);
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        make.mutate();
      }}
    >
      <Stack gap="sm">
        <SimpleGrid cols={2} spacing="sm">
          <NumberInput
            label={t("money.vouchers.each")}
            prefix="$"
            min={0.01}
            decimalScale={2}
            required
            data-autofocus
            value={draft.amount}
            onChange={(amount) => set({ amount })}
          />
          <NumberInput
            label={t("money.vouchers.count")}
            min={1}
            max={10_000}
            allowDecimal={false}
            required
            value={draft.count}
            onChange={(count) => set({ count })}
          />
        </SimpleGrid>
        <TextInput
          label={t("money.vouchers.note")}
          maxLength={500}
          value={draft.note}
          onChange={(event) => set({ note: event.currentTarget.value })}
        />
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
          <TextInput
            type="date"
            label={t("money.vouchers.lastDay")}
            value={draft.day}
            onChange={(event) => set({ day: event.currentTarget.value })}
          />
          <NumberInput
            label={t("money.vouchers.perUser")}
            placeholder={t("common.none")}
            min={1}
            allowDecimal={false}
            value={draft.perUser}
            onChange={(perUser) => set({ perUser })}
          />
        </SimpleGrid>
        <NumberInput
          label={t("money.vouchers.creditsDays")}
          description={t("money.vouchers.creditsDaysNote")}
          placeholder={t("common.never")}
          min={1}
          max={3650}
          allowDecimal={false}
          value={draft.creditsDays}
          onChange={(creditsDays) => set({ creditsDays })}
        />
        <Checkbox
          label={t("money.vouchers.promotional")}
          description={t("admin.accounts.promotionalNote")}
          checked={draft.promotional || draft.creditsDays !== ""}
          disabled={draft.creditsDays !== ""}
          onChange={(event) => set({ promotional: event.currentTarget.checked })}
        />
        <FormFault error={make.error} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            {t("common.cancel")}
          </Button>
          <Button type="submit" loading={make.isPending}>
            {t("money.vouchers.make")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
