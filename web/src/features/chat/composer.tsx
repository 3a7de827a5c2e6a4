/** Where one writes: Enter sends, Shift+Enter breaks the line, files are attached, pasted or dropped. */
import { ActionIcon, FileButton, Text, Textarea, Tooltip } from "@mantine/core";
import { IconArrowUp, IconFile, IconPaperclip, IconPlayerStopFilled, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type DragEvent, type KeyboardEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { modelsQuery } from "@/shared/api/models";
import { formatBytes } from "@/shared/lib/format";
import { ACCEPTED, readAttachment, TooBig } from "./attachments";
import classes from "./chat.module.css";
import type { Attachment } from "./types";

interface Props {
  /** Why nothing can be sent. */
  disabled: string | undefined;
  streaming: boolean;
  models: string[];
  send: (text: string, attachments: Attachment[]) => void;
  stop: () => void;
}

export function Composer({ disabled, streaming, models, send, stop }: Props) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const [attachments, setAttachments] = useState<Attachment[]>([]);
  const [fault, setFault] = useState<string | null>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const blind = useBlind(models, attachments);
  const ready = !disabled && !streaming && (text.trim() !== "" || attachments.length > 0);

  const submit = () => {
    if (!ready) return;
    send(text.trim(), attachments);
    setText("");
    setAttachments([]);
    setFault(null);
  };
  const attach = async (files: Iterable<File>) => {
    setFault(null);
    for (const file of files) {
      try {
        const read = await readAttachment(file);
        setAttachments((now) => [...now, read]);
      } catch (error) {
        setFault(t(error instanceof TooBig ? "chat.tooBig" : "chat.notAttachable", { name: file.name }));
      }
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // While an input method composes, Enter chooses a word.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    submit();
  };
  const onDrop = (event: DragEvent) => {
    if (event.dataTransfer.files.length === 0) return;
    event.preventDefault();
    void attach(event.dataTransfer.files);
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: files may be dropped here; the button does the same
    <div className={classes.composer} onDrop={onDrop} onDragOver={(event) => event.preventDefault()}>
      {attachments.length > 0 && (
        <ul className={classes.attached}>
          {attachments.map((each) => (
            <AttachedItem
              key={each.id}
              attachment={each}
              remove={() => setAttachments((now) => now.filter(({ id }) => id !== each.id))}
            />
          ))}
        </ul>
      )}
      {(fault || disabled || blind) && (
        <Text size="sm" c={fault ? "red" : "dimmed"} px={6} pb={4} role={fault ? "alert" : undefined}>
          {fault ?? disabled ?? blind}
        </Text>
      )}
      <div className={classes.write}>
        <FileButton
          onChange={(files) => void attach(files)}
          accept={ACCEPTED}
          multiple
          inputProps={{ "aria-label": t("chat.attach") }}
        >
          {(props) => (
            <Tooltip label={t("chat.attach")}>
              <ActionIcon {...props} variant="subtle" color="gray" size="lg" aria-label={t("chat.attach")}>
                <IconPaperclip size={18} />
              </ActionIcon>
            </Tooltip>
          )}
        </FileButton>
        <Textarea
          ref={field}
          variant="unstyled"
          flex={1}
          autosize
          minRows={1}
          maxRows={10}
          autoFocus
          placeholder={t("chat.write")}
          aria-label={t("chat.write")}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={onKeyDown}
          onPaste={(event) => {
            if (event.clipboardData.files.length > 0) {
              event.preventDefault();
              void attach(event.clipboardData.files);
            }
          }}
        />
        {streaming ? (
          <Tooltip label={`${t("chat.stopAll")} (Esc)`}>
            <ActionIcon size="lg" radius="xl" onClick={stop} aria-label={t("chat.stopAll")}>
              <IconPlayerStopFilled size={16} />
            </ActionIcon>
          </Tooltip>
        ) : (
          <Tooltip label={`${t("chat.send")} (Enter)`}>
            <ActionIcon size="lg" radius="xl" onClick={submit} disabled={!ready} aria-label={t("chat.send")}>
              <IconArrowUp size={18} />
            </ActionIcon>
          </Tooltip>
        )}
      </div>
    </div>
  );
}

/** Says which of the models can't take what is attached. */
function useBlind(ids: string[], attachments: Attachment[]): string | null {
  const { t } = useTranslation();
  const { data: models } = useQuery(modelsQuery);
  const wanted = attachments.some(({ type }) => type.startsWith("image/")) ? "image" : null;
  if (!wanted || !models) return null;
  const blind = ids.filter(
    (id) => !models.find((model) => model.id === id)?.architecture.input_modalities.includes(wanted),
  );
  return blind.length > 0 ? t("chat.blind", { names: blind.join(", ") }) : null;
}

function AttachedItem({ attachment, remove }: { attachment: Attachment; remove: () => void }) {
  const { t } = useTranslation();
  return (
    <li className={classes.attachedItem}>
      {attachment.type.startsWith("image/") ? (
        <img src={attachment.data} alt="" />
      ) : (
        <IconFile size={20} aria-hidden />
      )}
      <span>
        {attachment.name}
        <small>{formatBytes(attachment.size)}</small>
      </span>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="sm"
        onClick={remove}
        aria-label={t("chat.detach", { name: attachment.name })}
      >
        <IconX size={14} />
      </ActionIcon>
    </li>
  );
}
