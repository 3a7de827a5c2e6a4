/** Another text for a key; the one there is works on for a chosen time. */
import { Button, Group, Select, Stack, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { FormFault } from "@/shared/ui/form-fault";
import { type Key, type KeyMade, keysQuery } from "./queries";

const HOUR = 3600;
const OVERLAPS = { now: 0, hour: HOUR, day: 24 * HOUR, week: 7 * 24 * HOUR, month: 30 * 24 * HOUR };
type Overlap = keyof typeof OVERLAPS;
const NAMES = Object.keys(OVERLAPS) as Overlap[];

export function RotateForm({
  of: key,
  made,
  close,
}: {
  of: Key;
  made: (key: KeyMade) => void;
  close: () => void;
}) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [overlap, setOverlap] = useState<Overlap>("day");
  const rotate = useMutation({
    gcTime: 0,
    mutationFn: () =>
      taken(
        client.POST("/api/v1/keys/{hash}/rotate", {
          params: { path: { hash: key.hash } },
          body: { overlap_seconds: OVERLAPS[overlap] },
        }),
      ),
    onSuccess: (answer) => {
      made(answer);
      return queries.invalidateQueries({ queryKey: keysQuery.queryKey });
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        rotate.mutate();
      }}
    >
      <Stack gap="sm">
        <Text size="sm">{t("keys.rotateBody", { name: key.name })}</Text>
        <Select
          label={t("keys.overlap")}
          allowDeselect={false}
          value={overlap}
          data={NAMES.map((value) => ({ value, label: t(`keys.overlaps.${value}`) }))}
          onChange={(value) => setOverlap(NAMES.find((each) => each === value) ?? "day")}
        />
        <FormFault error={rotate.error} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close}>
            {t("common.cancel")}
          </Button>
          <Button type="submit" loading={rotate.isPending}>
            {t("keys.rotate")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
