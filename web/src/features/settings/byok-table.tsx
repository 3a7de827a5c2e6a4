/** The own keys of a workspace: in the order they are tried in, to be changed, moved, tried and deleted. */
import { ActionIcon, Badge, Button, Group, Menu, Text } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconDots } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { useMay } from "@/shared/api/session";
import { AuthorMark } from "@/shared/ui/author-mark";
import { DataTable } from "@/shared/ui/data-table";
import { type Asked, Confirm, Dialog } from "@/shared/ui/dialog";
import { useReasonText } from "@/shared/ui/error-text";
import { FormFault } from "@/shared/ui/form-fault";
import { When } from "@/shared/ui/time";
import { OwnKeyForm } from "./byok-form";
import { beside, type Change, change, move, type OwnKey } from "./byok-queries";

export function OwnKeys({ rows }: { rows: OwnKey[] }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const may = useMay();
  const [asked, setAsked] = useState<Asked | null>(null);
  const [edited, setEdited] = useState<OwnKey | null>(null);
  const settled = () => queries.invalidateQueries({ queryKey: ["byok"] });
  const set = useMutation({
    mutationFn: ({ id, body }: { id: string; body: Change }) => change(id, body),
    onSettled: settled,
  });
  const remove = ({ id, provider, name, label }: OwnKey) =>
    setAsked({
      title: t("byok.deleteTitle"),
      body: t("byok.deleteBody", { name: name || label, provider }),
      act: t("common.delete"),
      run: async () => {
        await taken(client.DELETE("/api/v1/byok/{id}", { params: { path: { id } } }));
        await settled();
      },
    });
  return (
    <>
      <FormFault error={set.error} />
      <DataTable
        rows={rows}
        keyOf={({ id }) => id}
        label={t("byok.title")}
        columns={[
          { label: t("common.provider"), cell: (key) => <Named of={key} /> },
          {
            label: t("common.state"),
            cell: ({ disabled, is_fallback, is_required, is_byok_only }) => (
              <Group gap={6}>
                <Badge color={disabled ? "gray" : "tide"}>
                  {disabled ? t("common.off") : t("common.on")}
                </Badge>
                <Badge color="gray">{is_fallback ? t("byok.fallback") : t("byok.first")}</Badge>
                {(is_required || is_byok_only) && <Badge color="gray">{t("byok.always")}</Badge>}
              </Group>
            ),
          },
          { label: t("byok.usedFor"), cell: (key) => <UsedFor of={key} /> },
          { label: t("byok.order"), cell: (key) => <Place rows={rows} of={key} /> },
          { label: t("admin.test"), cell: ({ id }) => may("byok:write") && <Test id={id} /> },
          {
            cell: (key) =>
              may("byok:write") && (
                <Menu position="bottom-end">
                  <Menu.Target>
                    <ActionIcon
                      variant="subtle"
                      color="gray"
                      aria-label={t("keys.menuOf", { name: key.name || key.provider })}
                    >
                      <IconDots size={17} />
                    </ActionIcon>
                  </Menu.Target>
                  <Menu.Dropdown>
                    <Menu.Item onClick={() => setEdited(key)}>{t("byok.edit")}</Menu.Item>
                    <Menu.Item onClick={() => set.mutate({ id: key.id, body: { disabled: !key.disabled } })}>
                      {key.disabled ? t("keys.enable") : t("keys.disable")}
                    </Menu.Item>
                    <Menu.Item color="var(--mp-down)" onClick={() => remove(key)}>
                      {t("common.delete")}
                    </Menu.Item>
                  </Menu.Dropdown>
                </Menu>
              ),
          },
        ]}
      />
      <Dialog opened={edited !== null} onClose={() => setEdited(null)} title={t("byok.editTitle")} size="lg">
        {edited && <OwnKeyForm before={edited} close={() => setEdited(null)} />}
      </Dialog>
      <Confirm asked={asked} close={() => setAsked(null)} />
    </>
  );
}

function Named({ of: { provider, name, label, created_at } }: { of: OwnKey }) {
  return (
    <div>
      <AuthorMark author={provider} size={18} /> <b>{provider}</b> {name}
      <Text size="xs" c="dimmed">
        <code className="mp-mono">{label}</code> · <When at={created_at} />
      </Text>
    </div>
  );
}

/** What it may be used for, and by whom. */
function UsedFor({ of: { allowed_models, allowed_api_key_hashes, allowed_user_ids } }: { of: OwnKey }) {
  const { t } = useTranslation();
  const some = [
    allowed_api_key_hashes && t("byok.keyCount", { count: allowed_api_key_hashes.length }),
    allowed_user_ids && t("byok.memberCount", { count: allowed_user_ids.length }),
  ].filter(Boolean);
  return (
    <div style={{ overflowWrap: "anywhere" }}>
      {allowed_models?.join(", ") || t("byok.allModels")}
      {some.length > 0 && (
        <Text size="xs" c="dimmed">
          {some.join(" · ")}
        </Text>
      )}
    </div>
  );
}

/** Its place among the keys of its provider, and buttons that move it. */
function Place({ rows, of: key }: { rows: OwnKey[]; of: OwnKey }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const may = useMay();
  const order = beside(rows, key);
  const place = order.findIndex(({ id }) => id === key.id);
  const moved = useRef<1 | -1 | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the row stands elsewhere now
  useEffect(() => {
    const by = moved.current;
    if (by === null) return;
    moved.current = null;
    // Who pressed the button by keyboard goes on from there: with the same one, or with the other at the end.
    const at = (way: 1 | -1) => document.getElementById(buttonId(key.id, way)) as HTMLButtonElement | null;
    const button = at(by);
    (button?.disabled ? at(by === 1 ? -1 : 1) : button)?.focus();
  }, [place]);
  const go = useMutation({
    mutationFn: (by: 1 | -1) => {
      moved.current = by;
      return move(rows, key, by);
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ["byok"] }),
  });
  if (order.length < 2) return <span>—</span>;
  const name = key.name || key.label;
  return (
    <Group gap={4} wrap="nowrap">
      <span role="status" style={{ whiteSpace: "nowrap" }}>
        {t("byok.place", { place: place + 1, count: order.length })}
      </span>
      {may("byok:write") &&
        ([-1, 1] as const).map((by) => (
          <ActionIcon
            key={by}
            id={buttonId(key.id, by)}
            variant="subtle"
            color="gray"
            aria-label={t(by < 0 ? "byok.up" : "byok.down", { name })}
            disabled={place + by < 0 || place + by >= order.length}
            bg={place + by < 0 || place + by >= order.length ? "transparent" : undefined}
            onClick={() => !go.isPending && go.mutate(by)}
          >
            {by < 0 ? <IconArrowUp size={16} /> : <IconArrowDown size={16} />}
          </ActionIcon>
        ))}
      <FormFault error={go.error} />
    </Group>
  );
}

function buttonId(id: string, by: 1 | -1): string {
  return `own-key-${by < 0 ? "up" : "down"}-${id}`;
}

const VERDICTS = { works: "tide", refused: "red", unknown: "gray" } as const;

/** Shows the provider the key now, and says whether it takes it. */
function Test({ id }: { id: string }) {
  const { t } = useTranslation();
  const reasonOf = useReasonText();
  const test = useMutation({
    mutationFn: () => taken(client.POST("/api/v1/byok/{id}/test", { params: { path: { id } } })),
  });
  return (
    <Group gap="xs">
      <Button size="compact-sm" variant="default" loading={test.isPending} onClick={() => test.mutate()}>
        {t("admin.testNow")}
      </Button>
      {test.data && (
        <span role="status">
          <Badge color={VERDICTS[test.data.data.verdict]}>
            {t(`byok.verdicts.${test.data.data.verdict}`)}
          </Badge>{" "}
          <Text span size="xs" c="dimmed">
            {reasonOf(test.data.data.metadata) ?? test.data.data.message}
          </Text>
        </span>
      )}
      <FormFault error={test.error} />
    </Group>
  );
}
