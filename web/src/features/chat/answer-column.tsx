/** One model's answer to one prompt: its words as they come, and what they took. */
import { ActionIcon, Alert, Button, Group, Loader, Text, Tooltip } from "@mantine/core";
import { IconChevronLeft, IconChevronRight, IconPlayerStop, IconRefresh } from "@tabler/icons-react";
import { lazy, memo, Suspense, useCallback, useState, useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { authorOf } from "@/shared/api/models";
import { useMe } from "@/shared/api/session";
import { formatMilliseconds, formatNumber, formatUsd } from "@/shared/lib/format";
import { AuthorMark } from "@/shared/ui/author-mark";
import { CopyIcon } from "@/shared/ui/copy";
import { LinkAnchor } from "@/shared/ui/links";
import { answer as askAgain } from "./actions";
import classes from "./chat.module.css";
import { FaultText } from "./fault-text";
import type { RoomState } from "./room-state";
import { stopAnswer } from "./stream";
import type { Answer, Turn } from "./types";

const Markdown = lazy(() =>
  import("@/shared/ui/markdown/markdown").then((file) => ({ default: file.Markdown })),
);

interface Props {
  state: RoomState;
  turn: Turn;
  slotId: string;
}

export function AnswerColumn({ state, turn, slotId }: Props) {
  const { t } = useTranslation();
  const versions = state.answersOf(turn.id, slotId);
  const [chosen, setChosen] = useState<string | null>(null);
  const index = chosen ? versions.findIndex(({ id }) => id === chosen) : -1;
  const at = index < 0 ? versions.length - 1 : index;
  const shown = versions[at];
  if (!shown) return null;
  const slot = state.room.slots.find((each) => each.id === slotId) ?? {
    id: slotId,
    model: shown.model,
    on: true,
    parameters: {},
  };
  const retry = () => {
    setChosen(null);
    askAgain(state, turn, slot);
  };
  return (
    // A conversation has too many of them for each to be a landmark.
    <div role="group" className={classes.answer} aria-label={t("chat.answerOf", { name: shown.model })}>
      <header className={classes.answerHead}>
        <AuthorMark author={authorOf(shown.model)} size={16} />
        <span className={classes.answerModel} title={shown.model}>
          {shown.model}
        </span>
        {versions.length > 1 && (
          <Group gap={0} wrap="nowrap">
            <ActionIcon
              variant="subtle"
              color="gray"
              size="xs"
              disabled={at === 0}
              onClick={() => setChosen(versions[at - 1]?.id ?? null)}
              aria-label={t("chat.earlierAnswer")}
            >
              <IconChevronLeft size={14} />
            </ActionIcon>
            <Text size="xs" c="dimmed">
              {at + 1}/{versions.length}
            </Text>
            <ActionIcon
              variant="subtle"
              color="gray"
              size="xs"
              disabled={at === versions.length - 1}
              onClick={() => setChosen(versions[at + 1]?.id ?? null)}
              aria-label={t("chat.laterAnswer")}
            >
              <IconChevronRight size={14} />
            </ActionIcon>
          </Group>
        )}
      </header>
      <AnswerBody state={state} id={shown.id} retry={retry} />
    </div>
  );
}

function useAnswer(state: RoomState, id: string): Answer | undefined {
  const subscribe = useCallback((listener: () => void) => state.subscribeAnswer(id, listener), [state, id]);
  return useSyncExternalStore(subscribe, () => state.answers.get(id));
}

function AnswerBody({ state, id, retry }: { state: RoomState; id: string; retry: () => void }) {
  const { t } = useTranslation();
  const answer = useAnswer(state, id);
  // What failed while one waited is called out; a fault that comes into sight again was heard before.
  const [isNew] = useState(answer?.state === "streaming");
  if (!answer) return null;
  const streaming = answer.state === "streaming";
  return (
    <>
      <div className={classes.answerText} aria-busy={streaming}>
        {answer.reasoning && <Reasoning text={answer.reasoning} growing={streaming && !answer.text} />}
        {answer.text ? (
          <Suspense fallback={<div className={classes.plain}>{answer.text}</div>}>
            <Markdown text={answer.text} growing={streaming} />
          </Suspense>
        ) : (
          streaming && !answer.reasoning && <Loader size="xs" type="dots" aria-label={t("chat.waiting")} />
        )}
        {answer.fault && (
          <Alert color="red" variant="light" mt={answer.text ? "sm" : 0} role={isNew ? "alert" : "note"}>
            <FaultText fault={answer.fault} />
            <Button size="compact-sm" variant="default" mt="xs" onClick={retry}>
              {t("common.retry")}
            </Button>
          </Alert>
        )}
        {answer.state === "stopped" && (
          <Text size="sm" c="dimmed" mt={4}>
            {t("chat.stopped")}
          </Text>
        )}
        {answer.finish === "length" && (
          <Text size="sm" c="dimmed" mt={4}>
            {t("chat.cutByLength")}
          </Text>
        )}
      </div>
      <footer className={classes.answerFoot}>
        <FiguresLine answer={answer} />
        <Tools state={state} id={id} streaming={streaming} retry={retry} />
      </footer>
    </>
  );
}

interface ToolsProps {
  state: RoomState;
  id: string;
  streaming: boolean;
  retry: () => void;
}

/** Apart from the words: they come many times a second, these change once. */
const Tools = memo(
  function Tools({ state, id, streaming, retry }: ToolsProps) {
    const { t } = useTranslation();
    const text = state.answers.get(id)?.text;
    return (
      <Group gap={2} wrap="nowrap" ml="auto">
        {streaming ? (
          <Tooltip label={`${t("chat.stop")} (Esc)`}>
            <ActionIcon
              variant="subtle"
              color="gray"
              size="sm"
              onClick={() => stopAnswer(id)}
              aria-label={t("chat.stop")}
            >
              <IconPlayerStop size={15} />
            </ActionIcon>
          </Tooltip>
        ) : (
          <>
            {text && <CopyIcon value={text} what={t("chat.answer")} />}
            <Tooltip label={t("chat.again")}>
              <ActionIcon
                variant="subtle"
                color="gray"
                size="sm"
                onClick={retry}
                aria-label={t("chat.again")}
              >
                <IconRefresh size={15} />
              </ActionIcon>
            </Tooltip>
          </>
        )}
      </Group>
    );
  },
  // `retry` is a new function each time and does the same.
  (before, after) => before.id === after.id && before.streaming === after.streaming,
);

const Reasoning = memo(function Reasoning({ text, growing }: { text: string; growing: boolean }) {
  const { t } = useTranslation();
  return (
    <details className={classes.reasoning}>
      <summary>{growing ? t("chat.reasoningNow") : t("chat.reasoning")}</summary>
      <div className={classes.plain}>{text}</div>
    </details>
  );
});

/** Always there and of one height, so that nothing jumps when the figures come. */
const FiguresLine = memo(
  function FiguresLine({ answer }: { answer: Answer }) {
    const { t } = useTranslation();
    // A guest has no activity to look it up in.
    const isGuest = useMe() === null;
    const { firstToken, total, completionTokens, cost } = answer.figures;
    const seconds = total !== undefined && firstToken !== undefined ? (total - firstToken) / 1000 : 0;
    const speed = completionTokens && seconds > 0.05 ? completionTokens / seconds : undefined;
    const parts = [
      answer.provider,
      firstToken !== undefined && `${t("chat.ttft")} ${formatMilliseconds(firstToken)}`,
      speed !== undefined && `${formatNumber(speed, 1)} tok/s`,
      completionTokens !== undefined && t("chat.tokens", { count: completionTokens }),
      cost !== undefined && formatUsd(cost),
    ].filter(Boolean);
    return (
      <span className={classes.figures}>
        {parts.join(" · ")}
        {answer.generationId && answer.state !== "streaming" && answer.fault?.status !== 401 && !isGuest && (
          <>
            {" "}
            <LinkAnchor
              to="/activity/$id"
              params={{ id: answer.generationId }}
              fz="inherit"
              underline="always"
              title={t("chat.whyThis")}
            >
              {t("chat.details")}
            </LinkAnchor>
          </>
        )}
      </span>
    );
  },
  (before, after) => {
    const [one, other] = [before.answer, after.answer];
    return one.state === other.state && one.provider === other.provider && sameFigures(one, other);
  },
);

function sameFigures({ figures: one }: Answer, { figures: other }: Answer): boolean {
  return (
    one.firstToken === other.firstToken &&
    one.total === other.total &&
    one.completionTokens === other.completionTokens &&
    one.cost === other.cost
  );
}
