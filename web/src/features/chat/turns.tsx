/** What was said, the last at the bottom. Only the turns in sight are in the document. */
import { ActionIcon } from "@mantine/core";
import { IconArrowDown } from "@tabler/icons-react";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useLayoutEffect, useRef, useState, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { Empty } from "@/shared/ui/states";
import classes from "./chat.module.css";
import type { RoomState } from "./room-state";
import { TurnRow } from "./turn-row";

interface Props {
  state: RoomState;
  open: (roomId?: string) => void;
}

const NEAR = 90;
const ESTIMATE = 420;

export function Turns({ state, open }: Props) {
  const { t } = useTranslation();
  const version = useSyncExternalStore(state.subscribe, state.snapshot);
  const scroller = useRef<HTMLDivElement>(null);
  const pinned = useRef(true);
  const [away, setAway] = useState(false);
  const turns = state.path();

  const virtual = useVirtualizer({
    count: turns.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ESTIMATE,
    getItemKey: (index) => turns[index]?.id ?? index,
    overscan: 1,
    initialOffset: turns.length * ESTIMATE,
    // Called from a resize observer already: at once, so that what grows never jumps.
    useFlushSync: false,
  });
  const total = virtual.getTotalSize();

  const toEnd = useCallback(() => {
    const element = scroller.current;
    // Beyond the end is the end; asking for the height first would lay the page out once more.
    if (element) element.scrollTop = Number.MAX_SAFE_INTEGER;
  }, []);

  // While one reads the end, it stays in sight, whatever grows; and so does what one reads when older turns come in.
  const before = useRef({ first: turns[0]?.id, total });
  const first = turns[0]?.id;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another size or version is what it is for
  useLayoutEffect(() => {
    const element = scroller.current;
    if (pinned.current) toEnd();
    else if (element && first !== before.current.first) element.scrollTop += total - before.current.total;
    before.current = { first, total };
  }, [total, version, first, toEnd]);

  const onScroll = () => {
    const element = scroller.current;
    if (!element) return;
    const near = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR;
    pinned.current = near;
    setAway(!near);
  };

  return (
    <div className={classes.scrollFrame}>
      <div
        ref={scroller}
        className={classes.scroller}
        onScroll={onScroll}
        tabIndex={0}
        role="log"
        aria-label={t("chat.conversation")}
        aria-live="off"
      >
        {turns.length === 0 && <Empty title={t("chat.begin")}>{t("chat.beginBody")}</Empty>}
        <div style={{ height: total, position: "relative" }}>
          {virtual.getVirtualItems().map((item) => {
            const turn = turns[item.index];
            return (
              turn && (
                <div
                  key={item.key}
                  ref={virtual.measureElement}
                  data-index={item.index}
                  className={classes.turn}
                  style={{ transform: `translateY(${item.start}px)` }}
                >
                  <TurnRow state={state} turn={turn} open={open} />
                </div>
              )
            );
          })}
        </div>
      </div>
      {away && (
        <ActionIcon
          variant="default"
          radius="xl"
          size="lg"
          className={classes.toEnd}
          onClick={toEnd}
          aria-label={t("chat.toEnd")}
        >
          <IconArrowDown size={18} />
        </ActionIcon>
      )}
    </div>
  );
}
