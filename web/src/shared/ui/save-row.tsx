/** The end of a form that stays on the page: what went wrong, the button, and that it is saved. */
import { Button, Group, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { FormFault } from "./form-fault";

export function SaveRow({
  save,
  label,
  saved,
  disabled,
}: {
  save: { error: unknown; isPending: boolean; isSuccess: boolean };
  label?: string;
  saved?: string;
  disabled?: boolean;
}) {
  const { t } = useTranslation();
  return (
    <Stack gap="sm">
      <FormFault error={save.error} />
      <Group gap="sm">
        <Button type="submit" loading={save.isPending} disabled={disabled}>
          {label ?? t("common.save")}
        </Button>
        {save.isSuccess && (
          <Text size="sm" c="dimmed" role="status">
            {saved ?? t("common.saved")}
          </Text>
        )}
      </Group>
    </Stack>
  );
}
