/** A block of code to copy, with one tab a language where there are several. */
import { Box, Group, Tabs } from "@mantine/core";
import { useTranslation } from "react-i18next";
import classes from "./code.module.css";
import { CopyIcon } from "./copy";

export function CodeBlock({ code, label }: { code: string; label?: string }) {
  const { t } = useTranslation();
  return (
    <Box className={classes.block}>
      <div className={classes.copy}>
        <CopyIcon value={code} what={label ?? t("common.code")} />
      </div>
      <pre className={classes.pre} tabIndex={0}>
        <code>{code}</code>
      </pre>
    </Box>
  );
}

export function CodeTabs({ blocks }: { blocks: { name: string; code: string }[] }) {
  return (
    <Tabs defaultValue="0" variant="outline" keepMounted={false}>
      <Group justify="space-between">
        <Tabs.List>
          {blocks.map(({ name }, index) => (
            // By number: a name with spaces makes no id.
            <Tabs.Tab key={name} value={String(index)}>
              {name}
            </Tabs.Tab>
          ))}
        </Tabs.List>
      </Group>
      {blocks.map(({ name, code }, index) => (
        <Tabs.Panel key={name} value={String(index)} pt="xs">
          <CodeBlock code={code} />
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}
