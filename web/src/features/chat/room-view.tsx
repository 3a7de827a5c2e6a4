/** One room: its models, what was said, and where one writes. */
import { Text } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { useState, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { useMe } from "@/shared/api/session";
import { Announced } from "@/shared/ui/announced";
import { activeSlots, ask } from "./actions";
import classes from "./chat.module.css";
import { Composer } from "./composer";
import { GuestNote } from "./guest-note";
import { ModelPicker } from "./model-picker";
import type { RoomState } from "./room-state";
import { SlotSettings } from "./slot-settings";
import { SlotsBar } from "./slots-bar";
import { stopAll } from "./stream";
import { Turns } from "./turns";
import { newId } from "./types";

interface Props {
  state: RoomState;
  /** Models that were asked for and are not here. */
  unknown: string[];
  asked: () => void;
  open: (roomId?: string) => void;
}

export function RoomView({ state, unknown, asked, open }: Props) {
  const { t } = useTranslation();
  useSyncExternalStore(state.subscribe, state.snapshot);
  const me = useMe();
  const [picking, setPicking] = useState(false);
  const [settings, setSettings] = useState<string | null>(null);
  const room = state.room;
  const running = state.streaming.map(({ id }) => id);
  const streaming = running.length > 0;
  useHotkeys(
    [
      ["mod+K", () => setPicking(true)],
      ["Escape", (event) => !closesSomething(event) && stopAll(state)],
      ["mod+shift+O", () => open()],
    ],
    [],
  );

  return (
    <>
      <SlotsBar state={state} add={() => setPicking(true)} settings={setSettings} />
      {unknown.length > 0 && (
        <Text size="sm" c="dimmed" role="status" px="md" py={6}>
          {t("compare.unknown", { ids: unknown.join(", ") })}
        </Text>
      )}
      <Turns state={state} open={open} />
      <Composer
        key={room.id}
        disabled={activeSlots(room).length === 0 ? t("chat.noModelOn") : undefined}
        streaming={streaming}
        models={activeSlots(room).map((slot) => slot.model)}
        stop={() => stopAll(state)}
        send={(text, attachments) => {
          ask(state, text, attachments);
          asked();
        }}
      />
      <Announced
        running={running}
        tell={(id) => {
          const answer = state.answers.get(id);
          if (answer?.state === "done") return t("chat.answered", { name: answer.model });
          return answer?.state === "stopped" ? t("chat.answerStopped", { name: answer.model }) : null;
        }}
      />
      <p className={classes.note}>{me === null ? <GuestNote /> : t("chat.storedHere")}</p>
      <ModelPicker
        opened={picking}
        close={() => setPicking(false)}
        pick={(model) => {
          state.changeRoom({ slots: [...room.slots, { id: newId(), model, on: true, parameters: {} }] });
          setPicking(false);
        }}
      />
      <SlotSettings state={state} slotId={settings} close={() => setSettings(null)} />
    </>
  );
}

/** Whether the key closes a dialog, a menu or a list of choices: one it was pressed in, or one that just opens. */
function closesSomething({ target }: KeyboardEvent): boolean {
  const closable = '[role="dialog"], [role="menu"], [role="listbox"]';
  return (
    (target instanceof Element && target.closest(closable) !== null) ||
    document.querySelector('[role="dialog"]') !== null
  );
}
