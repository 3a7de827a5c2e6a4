/** The models of a room: switch each on and off, set it up, take it away, add another. */
import { ActionIcon, Button, Group, Switch, Tooltip } from "@mantine/core";
import { IconAdjustments, IconPlus, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { authorOf, modelsQuery, shortName } from "@/shared/api/models";
import { AuthorMark } from "@/shared/ui/author-mark";
import classes from "./chat.module.css";
import type { RoomState } from "./room-state";
import type { Slot } from "./types";

interface Props {
  state: RoomState;
  add: () => void;
  settings: (slotId: string) => void;
}

export function SlotsBar({ state, add, settings }: Props) {
  const { t } = useTranslation();
  const { slots } = state.room;
  const change = (id: string, part: Partial<Slot>) =>
    state.changeRoom({ slots: slots.map((slot) => (slot.id === id ? { ...slot, ...part } : slot)) });
  return (
    <div className={classes.slots}>
      <Group gap={8} wrap="nowrap" component="ul" className={classes.slotList} aria-label={t("chat.models")}>
        {slots.map((slot) => (
          <SlotChip
            key={slot.id}
            slot={slot}
            toggle={() => change(slot.id, { on: !slot.on })}
            settings={() => settings(slot.id)}
            remove={() => state.changeRoom({ slots: slots.filter((each) => each.id !== slot.id) })}
          />
        ))}
      </Group>
      <Tooltip label={`${t("chat.addModel")} (Ctrl K)`}>
        <Button variant="default" size="xs" leftSection={<IconPlus size={15} />} onClick={add} flex="none">
          <span className={classes.addLabel}>{t("chat.addModel")}</span>
        </Button>
      </Tooltip>
    </div>
  );
}

interface ChipProps {
  slot: Slot;
  toggle: () => void;
  settings: () => void;
  remove: () => void;
}

function SlotChip({ slot, toggle, settings, remove }: ChipProps) {
  const { t } = useTranslation();
  const { data: models } = useQuery(modelsQuery);
  const model = models?.find(({ id }) => id === slot.model);
  const name = model ? shortName(model) : slot.model;
  return (
    <li className={classes.slot} data-off={!slot.on || undefined}>
      <AuthorMark author={authorOf(slot.model)} size={16} />
      <span className={classes.slotName} title={slot.model}>
        {name}
      </span>
      <Switch size="xs" checked={slot.on} onChange={toggle} aria-label={t("chat.modelOn", { name })} />
      <ActionIcon
        variant="subtle"
        color="gray"
        size="xs"
        onClick={settings}
        aria-label={t("chat.settingsOf", { name })}
      >
        <IconAdjustments size={14} />
      </ActionIcon>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="xs"
        onClick={remove}
        aria-label={t("chat.removeModel", { name })}
      >
        <IconX size={14} />
      </ActionIcon>
    </li>
  );
}
