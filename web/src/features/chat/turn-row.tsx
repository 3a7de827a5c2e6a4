/** A prompt and the answers to it, side by side. */
import { ActionIcon, Button, Group, Text, Textarea, Tooltip } from "@mantine/core";
import { IconChevronLeft, IconChevronRight, IconEdit, IconFile, IconGitBranch } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { formatBytes } from "@/shared/lib/format";
import { CopyIcon } from "@/shared/ui/copy";
import { branchOff, edit } from "./actions";
import { AnswerColumn } from "./answer-column";
import classes from "./chat.module.css";
import type { RoomState } from "./room-state";
import type { Attachment, Turn } from "./types";

interface Props {
  state: RoomState;
  turn: Turn;
  open: (roomId?: string) => void;
}

export function TurnRow({ state, turn, open }: Props) {
  const [editing, setEditing] = useState(false);
  const slotIds = [...new Set(state.answersOf(turn.id).map((answer) => answer.slotId))];
  return (
    <article className={classes.turnInside}>
      {editing ? (
        <Edit
          text={turn.text}
          cancel={() => setEditing(false)}
          send={(text) => {
            setEditing(false);
            edit(state, turn, text);
          }}
        />
      ) : (
        <div className={classes.prompt}>
          {turn.attachments.length > 0 && (
            <Group gap={8} mb={turn.text ? 8 : 0}>
              {turn.attachments.map((attachment) => (
                <Attached key={attachment.id} attachment={attachment} />
              ))}
            </Group>
          )}
          <div className={classes.promptText}>{turn.text}</div>
          <PromptTools state={state} turn={turn} edit={() => setEditing(true)} open={open} />
        </div>
      )}
      <div className={classes.answers}>
        {slotIds.map((slotId) => (
          <AnswerColumn key={slotId} state={state} turn={turn} slotId={slotId} />
        ))}
      </div>
    </article>
  );
}

function PromptTools({ state, turn, edit: beginEdit, open }: Props & { edit: () => void }) {
  const { t } = useTranslation();
  const siblings = state.siblings(turn);
  const at = siblings.indexOf(turn.id);
  const go = (index: number) => {
    const id = siblings[index];
    if (id) state.show(id);
  };
  return (
    <Group gap={2} className={classes.tools}>
      {siblings.length > 1 && (
        <>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="sm"
            disabled={at === 0}
            onClick={() => go(at - 1)}
            aria-label={t("chat.earlierBranch")}
          >
            <IconChevronLeft size={15} />
          </ActionIcon>
          <Text size="xs" c="dimmed">
            {at + 1} / {siblings.length}
          </Text>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="sm"
            disabled={at === siblings.length - 1}
            onClick={() => go(at + 1)}
            aria-label={t("chat.laterBranch")}
          >
            <IconChevronRight size={15} />
          </ActionIcon>
        </>
      )}
      <CopyIcon value={turn.text} what={t("chat.prompt")} />
      <Tooltip label={t("chat.edit")}>
        <ActionIcon variant="subtle" color="gray" size="sm" onClick={beginEdit} aria-label={t("chat.edit")}>
          <IconEdit size={15} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label={t("chat.branch")}>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          onClick={() => void branchOff(state, turn).then(open)}
          aria-label={t("chat.branch")}
        >
          <IconGitBranch size={15} />
        </ActionIcon>
      </Tooltip>
    </Group>
  );
}

function Attached({ attachment }: { attachment: Attachment }) {
  if (attachment.type.startsWith("image/")) {
    return <img src={attachment.data} alt={attachment.name} className={classes.picture} />;
  }
  return (
    <span className={classes.file}>
      <IconFile size={16} aria-hidden /> {attachment.name} <span>{formatBytes(attachment.size)}</span>
    </span>
  );
}

function Edit({ text, cancel, send }: { text: string; cancel: () => void; send: (text: string) => void }) {
  const { t } = useTranslation();
  const [value, setValue] = useState(text);
  return (
    <div className={classes.edit}>
      <Textarea
        autosize
        minRows={2}
        maxRows={14}
        data-autofocus
        autoFocus
        onFocus={({ currentTarget: field }) =>
          field.setSelectionRange(field.value.length, field.value.length)
        }
        aria-label={t("chat.edit")}
        value={value}
        onChange={(event) => setValue(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing) return;
          if (event.key === "Escape") {
            event.stopPropagation();
            cancel();
          } else if (event.key === "Enter" && !event.shiftKey) {
            event.preventDefault();
            if (value.trim()) send(value);
          }
        }}
      />
      <Group gap="xs" justify="flex-end" mt={8}>
        <Button size="xs" variant="default" onClick={cancel}>
          {t("common.cancel")}
        </Button>
        <Button size="xs" disabled={!value.trim()} onClick={() => send(value)}>
          {t("chat.send")}
        </Button>
      </Group>
    </div>
  );
}
