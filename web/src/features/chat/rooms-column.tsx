/** Every room: find, pin, rename, take out and back in, delete. */
import {
  ActionIcon,
  Button,
  FileButton,
  Group,
  Menu,
  Modal,
  ScrollArea,
  Stack,
  Text,
  TextInput,
} from "@mantine/core";
import {
  IconDots,
  IconDownload,
  IconPencil,
  IconPin,
  IconPinnedOff,
  IconPlus,
  IconSearch,
  IconTrash,
  IconUpload,
} from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { words } from "@/shared/lib/match";
import { saveFile } from "@/shared/lib/save-file";
import classes from "./chat.module.css";
import { deleteRoom, searchRooms, store, useRooms } from "./store";
import { exportRooms, importRooms } from "./transfer";
import type { Room } from "./types";

interface Props {
  current: string | undefined;
  open: (id?: string) => void;
}

export function RoomsColumn({ current, open }: Props) {
  const { t } = useTranslation();
  const rooms = useRooms();
  const [query, setQuery] = useState("");
  const found = useFound(query);
  const [renaming, setRenaming] = useState<Room | null>(null);
  const [deleting, setDeleting] = useState<Room | null>(null);
  const [notice, setNotice] = useState<string | null>(null);
  const shown = (rooms ?? [])
    .filter((room) => !found || found.has(room.id))
    .sort((one, other) => Number(other.pinned) - Number(one.pinned));

  const take = async (file: File | null) => {
    if (!file) return;
    try {
      setNotice(t("chat.imported", { count: await importRooms(await file.text()) }));
    } catch {
      setNotice(t("chat.notImported"));
    }
  };
  return (
    <div className={classes.column}>
      <Group gap={6} wrap="nowrap">
        <Button flex={1} leftSection={<IconPlus size={16} />} onClick={() => open()}>
          {t("chat.new")}
        </Button>
        <FileButton
          accept="application/json"
          onChange={(file) => void take(file)}
          inputProps={{ "aria-label": t("chat.import") }}
        >
          {(props) => (
            <Menu position="bottom-end">
              <Menu.Target>
                <ActionIcon variant="default" size={36} aria-label={t("chat.allRooms")}>
                  <IconDots size={17} />
                </ActionIcon>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item
                  leftSection={<IconDownload size={15} />}
                  onClick={() => void exportRooms().then((blob) => saveFile(blob, "modelport-chat.json"))}
                >
                  {t("chat.exportAll")}
                </Menu.Item>
                <Menu.Item leftSection={<IconUpload size={15} />} onClick={props.onClick}>
                  {t("chat.import")}
                </Menu.Item>
              </Menu.Dropdown>
            </Menu>
          )}
        </FileButton>
      </Group>
      <TextInput
        size="sm"
        leftSection={<IconSearch size={15} />}
        placeholder={t("chat.findRoom")}
        aria-label={t("chat.findRoom")}
        value={query}
        onChange={(event) => setQuery(event.currentTarget.value)}
      />
      {notice && (
        <Text size="sm" c="dimmed" role="status">
          {notice}
        </Text>
      )}
      <ScrollArea flex={1} type="auto" offsetScrollbars={false}>
        <ul className={classes.roomList}>
          {shown.map((room) => (
            <RoomItem
              key={room.id}
              room={room}
              current={room.id === current}
              open={() => open(room.id)}
              rename={() => setRenaming(room)}
              remove={() => setDeleting(room)}
            />
          ))}
        </ul>
        {rooms && shown.length === 0 && (
          <Text size="sm" c="dimmed" p="sm">
            {query ? t("chat.noRoomFound") : t("chat.noRooms")}
          </Text>
        )}
      </ScrollArea>
      <Rename room={renaming} close={() => setRenaming(null)} />
      <Modal
        opened={deleting !== null}
        onClose={() => setDeleting(null)}
        title={t("chat.deleteTitle")}
        closeButtonProps={{ "aria-label": t("common.close") }}
      >
        <Text mb="md">{t("chat.deleteBody", { title: deleting?.title ?? "" })}</Text>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={() => setDeleting(null)}>
            {t("common.cancel")}
          </Button>
          <Button
            color="red"
            onClick={() => {
              if (!deleting) return;
              void deleteRoom(deleting.id);
              if (deleting.id === current) open();
              setDeleting(null);
            }}
          >
            {t("common.delete")}
          </Button>
        </Group>
      </Modal>
    </div>
  );
}

function useFound(query: string): Set<string> | null {
  const [found, setFound] = useState<Set<string> | null>(null);
  useEffect(() => {
    const wanted = words(query);
    if (wanted.length === 0) {
      setFound(null);
      return;
    }
    let left = false;
    const later = setTimeout(() => void searchRooms(wanted).then((ids) => !left && setFound(ids)), 150);
    return () => {
      left = true;
      clearTimeout(later);
    };
  }, [query]);
  return found;
}

interface ItemProps {
  room: Room;
  current: boolean;
  open: () => void;
  rename: () => void;
  remove: () => void;
}

function RoomItem({ room, current, open, rename, remove }: ItemProps) {
  const { t } = useTranslation();
  const title = room.title || t("chat.untitled");
  return (
    <li className={classes.roomItem} data-current={current || undefined}>
      <button
        type="button"
        className={classes.roomName}
        onClick={open}
        aria-current={current ? "page" : undefined}
      >
        {room.pinned && <IconPin size={13} aria-label={t("chat.pinned")} role="img" />}
        <span>{title}</span>
      </button>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="sm" aria-label={t("chat.roomMenu", { title })}>
            <IconDots size={15} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPencil size={15} />} onClick={rename}>
            {t("chat.rename")}
          </Menu.Item>
          <Menu.Item
            leftSection={room.pinned ? <IconPinnedOff size={15} /> : <IconPin size={15} />}
            onClick={() => void store.rooms.update(room.id, { pinned: !room.pinned })}
          >
            {room.pinned ? t("chat.unpin") : t("chat.pin")}
          </Menu.Item>
          <Menu.Item
            leftSection={<IconDownload size={15} />}
            onClick={() =>
              void exportRooms(room.id).then((blob) =>
                saveFile(blob, `${title.replace(/[^\p{L}\p{N}]+/gu, "-")}.json`),
              )
            }
          >
            {t("chat.export")}
          </Menu.Item>
          <Menu.Item color="var(--mp-down)" leftSection={<IconTrash size={15} />} onClick={remove}>
            {t("common.delete")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </li>
  );
}

function Rename({ room, close }: { room: Room | null; close: () => void }) {
  const { t } = useTranslation();
  const [title, setTitle] = useState("");
  useEffect(() => setTitle(room?.title ?? ""), [room]);
  return (
    <Modal
      opened={room !== null}
      onClose={close}
      title={t("chat.rename")}
      closeButtonProps={{ "aria-label": t("common.close") }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (room) void store.rooms.update(room.id, { title: title.trim() });
          close();
        }}
      >
        <Stack>
          <TextInput
            data-autofocus
            aria-label={t("chat.roomTitle")}
            value={title}
            onChange={(event) => setTitle(event.currentTarget.value)}
          />
          <Button type="submit">{t("common.save")}</Button>
        </Stack>
      </form>
    </Modal>
  );
}
