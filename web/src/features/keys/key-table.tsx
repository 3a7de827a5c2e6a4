/** The keys there are, and a menu for each. On a phone the rows become blocks. */
import { ActionIcon, Badge, Menu, Table, Text } from "@mantine/core";
import { IconDots, IconPlayerPause, IconPlayerPlay, IconRefresh, IconTrash } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { formatUsd } from "@/shared/lib/format";
import { FormFault } from "@/shared/ui/form-fault";
import { When } from "@/shared/ui/time";
import classes from "./keys.module.css";
import { type Key, keysQuery, RESETS, stateOf } from "./queries";

interface Acts {
  rotate: (key: Key) => void;
  remove: (key: Key) => void;
}

const COLORS = { active: "tide", disabled: "gray", expired: "gray", spent: "red" } as const;

export function KeyTable({ keys, ...acts }: Acts & { keys: Key[] }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const change = useMutation({
    mutationFn: ({ hash, disabled, include_byok_in_limit }: Key) =>
      taken(
        client.PATCH("/api/v1/keys/{hash}", {
          params: { path: { hash } },
          body: { disabled: !disabled, include_byok_in_limit },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: keysQuery.queryKey }),
  });
  return (
    <>
      <FormFault error={change.error} />
      <div className="mp-scroll-x">
        <Table className={classes.table}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("common.name")}</Table.Th>
              <Table.Th>{t("common.state")}</Table.Th>
              <Table.Th className="mp-num">{t("keys.used")}</Table.Th>
              <Table.Th className="mp-num">{t("keys.limit")}</Table.Th>
              <Table.Th className="mp-num">{t("keys.remaining")}</Table.Th>
              <Table.Th>{t("keys.lastUsed")}</Table.Th>
              <Table.Th>{t("keys.expires")}</Table.Th>
              <Table.Th>
                <span className="mp-visually-hidden">{t("common.actions")}</span>
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {keys.map((key) => (
              <Row key={key.hash} of={key} toggle={() => change.mutate(key)} {...acts} />
            ))}
          </Table.Tbody>
        </Table>
      </div>
    </>
  );
}

function Row({ of: key, toggle, rotate, remove }: Acts & { of: Key; toggle: () => void }) {
  const { t } = useTranslation();
  const state = stateOf(key);
  const reset = RESETS.find((each) => each === key.limit_reset);
  return (
    <Table.Tr>
      <Table.Td>
        <div>
          <span className={classes.name}>{key.name}</span>{" "}
          {key.is_management_key && <Badge color="gray">{t("keys.management")}</Badge>}
          <Text size="xs" c="dimmed">
            <code className="mp-mono">{key.label}</code>
          </Text>
        </div>
      </Table.Td>
      <Table.Td data-label={t("common.state")}>
        <Badge color={COLORS[state]}>{t(`keys.states.${state}`)}</Badge>
      </Table.Td>
      <Table.Td className="mp-num" data-label={t("keys.used")}>
        {formatUsd(key.usage)}
      </Table.Td>
      <Table.Td className="mp-num" data-label={t("keys.limit")}>
        <div>
          {key.limit === null ? t("common.none") : formatUsd(key.limit)}
          {key.limit !== null && reset && (
            <Text size="xs" c="dimmed">
              {t(`keys.resets.${reset}`)}
            </Text>
          )}
        </div>
      </Table.Td>
      <Table.Td className="mp-num" data-label={t("keys.remaining")}>
        {key.limit_remaining === null ? "—" : formatUsd(key.limit_remaining)}
      </Table.Td>
      <Table.Td data-label={t("keys.lastUsed")}>
        {key.last_used_at ? <When at={key.last_used_at} /> : t("common.never")}
      </Table.Td>
      <Table.Td data-label={t("keys.expires")}>
        {key.expires_at ? <When at={key.expires_at} /> : t("common.never")}
      </Table.Td>
      <Table.Td ta="right" data-label={t("common.actions")}>
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon variant="subtle" color="gray" aria-label={t("keys.menuOf", { name: key.name })}>
              <IconDots size={17} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item
              leftSection={key.disabled ? <IconPlayerPlay size={15} /> : <IconPlayerPause size={15} />}
              onClick={toggle}
            >
              {key.disabled ? t("keys.enable") : t("keys.disable")}
            </Menu.Item>
            <Menu.Item leftSection={<IconRefresh size={15} />} onClick={() => rotate(key)}>
              {t("keys.rotate")}
            </Menu.Item>
            <Menu.Item color="red" leftSection={<IconTrash size={15} />} onClick={() => remove(key)}>
              {t("common.delete")}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </Table.Td>
    </Table.Tr>
  );
}
