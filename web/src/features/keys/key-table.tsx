/** The keys there are, and a menu for each. */
import { ActionIcon, Badge, Menu, Text } from "@mantine/core";
import {
  IconDots,
  IconPencil,
  IconPlayerPause,
  IconPlayerPlay,
  IconRefresh,
  IconTrash,
} from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { formatLeft, formatUsd } from "@/shared/lib/format";
import { DataTable } from "@/shared/ui/data-table";
import { FormFault } from "@/shared/ui/form-fault";
import { When } from "@/shared/ui/time";
import { type Key, keysQuery, RESETS, stateOf } from "./queries";

interface Acts {
  edit: (key: Key) => void;
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
      <DataTable
        rows={keys}
        keyOf={({ hash }) => hash}
        label={t("shell.keys")}
        columns={[
          { label: t("common.name"), cell: (key) => <Name of={key} /> },
          { label: t("common.state"), cell: (key) => <State of={key} /> },
          { label: t("keys.used"), isNumber: true, cell: ({ usage }) => formatUsd(usage) },
          { label: t("keys.limit"), isNumber: true, cell: (key) => <Limit of={key} /> },
          {
            label: t("keys.remaining"),
            isNumber: true,
            cell: ({ limit_remaining }) => (limit_remaining === null ? "—" : formatLeft(limit_remaining)),
          },
          {
            label: t("keys.lastUsed"),
            cell: ({ last_used_at }) => (last_used_at ? <When at={last_used_at} /> : t("common.never")),
          },
          {
            label: t("keys.expires"),
            cell: ({ expires_at }) => (expires_at ? <When at={expires_at} /> : t("keys.lives.never")),
          },
          { cell: (key) => <KeyMenu of={key} toggle={() => change.mutate(key)} {...acts} /> },
        ]}
      />
    </>
  );
}

function Name({ of: { name, label, is_management_key } }: { of: Key }) {
  const { t } = useTranslation();
  return (
    <div>
      <b>{name}</b> {is_management_key && <Badge color="gray">{t("keys.management")}</Badge>}
      <Text size="xs" c="dimmed" fw={400}>
        <code className="mp-mono">{label}</code>
      </Text>
    </div>
  );
}

function State({ of: key }: { of: Key }) {
  const { t } = useTranslation();
  const state = stateOf(key);
  return <Badge color={COLORS[state]}>{t(`keys.states.${state}`)}</Badge>;
}

function Limit({ of: { limit, limit_reset } }: { of: Key }) {
  const { t } = useTranslation();
  const reset = RESETS.find((each) => each === limit_reset);
  if (limit === null) return t("common.none");
  return (
    <div>
      {formatUsd(limit)}
      {reset && (
        <Text size="xs" c="dimmed">
          {t(`keys.resets.${reset}`)}
        </Text>
      )}
    </div>
  );
}

function KeyMenu({ of: key, toggle, edit, rotate, remove }: Acts & { of: Key; toggle: () => void }) {
  const { t } = useTranslation();
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={t("keys.menuOf", { name: key.name })}>
          <IconDots size={17} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconPencil size={15} />} onClick={() => edit(key)}>
          {t("keys.edit")}
        </Menu.Item>
        <Menu.Item
          leftSection={key.disabled ? <IconPlayerPlay size={15} /> : <IconPlayerPause size={15} />}
          onClick={toggle}
        >
          {key.disabled ? t("keys.enable") : t("keys.disable")}
        </Menu.Item>
        <Menu.Item leftSection={<IconRefresh size={15} />} onClick={() => rotate(key)}>
          {t("keys.rotate")}
        </Menu.Item>
        <Menu.Item color="var(--mp-down)" leftSection={<IconTrash size={15} />} onClick={() => remove(key)}>
          {t("common.delete")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
