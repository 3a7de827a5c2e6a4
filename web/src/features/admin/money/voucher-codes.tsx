/** The codes of a new batch: shown this once, to be copied or saved as a file. */
import { Alert, Button, CopyButton, Group, ScrollArea, Stack } from "@mantine/core";
import { IconCopy, IconFileTypeCsv } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { saveFile } from "@/shared/lib/save-file";
import type { BatchMade } from "./queries";

function asCsv({ batch, codes }: BatchMade): string {
  const lines = codes.map((code) => [code, batch.amount, batch.expires_at ?? "", batch.id].join(","));
  return ["code,usd,expires_at,batch", ...lines, ""].join("\r\n");
}

export function Codes({ made }: { made: BatchMade }) {
  const { t } = useTranslation();
  return (
    <Stack gap="sm">
      <Alert variant="light" color="yellow">
        {t("money.vouchers.onceOnly")}
      </Alert>
      <ScrollArea.Autosize mah={320} type="auto">
        <pre className="mp-mono" style={{ margin: 0 }}>
          {made.codes.join("\n")}
        </pre>
      </ScrollArea.Autosize>
      <Group gap="xs">
        <Button
          leftSection={<IconFileTypeCsv size={17} stroke={1.6} />}
          onClick={() => saveFile(new Blob([asCsv(made)], { type: "text/csv" }), `${made.batch.id}.csv`)}
        >
          {t("money.vouchers.save")}
        </Button>
        <CopyButton value={made.codes.join("\n")}>
          {({ copied, copy }) => (
            <Button variant="default" leftSection={<IconCopy size={16} stroke={1.6} />} onClick={copy}>
              {copied ? t("common.copied") : t("common.copyOf", { what: t("money.vouchers.codes") })}
            </Button>
          )}
        </CopyButton>
      </Group>
    </Stack>
  );
}
