/** What the server remarks on a change of the catalogue: in its own words, which are English. */
import { Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

export function Notes({ notes }: { notes: string[] }) {
  const { t } = useTranslation();
  if (notes.length === 0) return null;
  return (
    <Stack gap={4}>
      <Text size="sm" fw={550}>
        {t("admin.catalog.notes")}
      </Text>
      {notes.map((note) => (
        <Text key={note} size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
          {note}
        </Text>
      ))}
    </Stack>
  );
}
