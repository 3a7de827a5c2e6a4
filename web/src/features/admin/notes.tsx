/** What the server remarks on a change of the catalogue; what is not its own word, as it came. */
import { Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { components } from "@/shared/api/schema";
import type { Messages } from "@/shared/i18n/languages/en";

type Remark = components["schemas"]["Remark"];

export function Notes({ remarks }: { remarks: Remark[] }) {
  const { t, i18n } = useTranslation();
  if (remarks.length === 0) return null;
  const words = ({ text, code, values }: Remark) =>
    i18n.exists(`remarks.${code}`)
      ? t(`remarks.${code as keyof Messages["remarks"]}`, values as never)
      : i18n.exists(`reasons.${code}`)
        ? t(`reasons.${code as keyof Messages["reasons"]}`, values as never)
        : text;
  return (
    <Stack gap={4}>
      <Text size="sm" fw={550}>
        {t("admin.catalog.notes")}
      </Text>
      {remarks.map((remark) => (
        <Text key={remark.text} size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
          {words(remark)}
        </Text>
      ))}
    </Stack>
  );
}
