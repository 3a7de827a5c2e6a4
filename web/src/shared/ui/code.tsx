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
    <Tabs defaultValue={blocks[0]?.name} variant="outline" keepMounted={false}>
      <Group justify="space-between">
        <Tabs.List>
          {blocks.map(({ name }) => (
            <Tabs.Tab key={name} value={name}>
              {name}
            </Tabs.Tab>
          ))}
        </Tabs.List>
      </Group>
      {blocks.map(({ name, code }) => (
        <Tabs.Panel key={name} value={name} pt="xs">
          <CodeBlock code={code} />
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}
