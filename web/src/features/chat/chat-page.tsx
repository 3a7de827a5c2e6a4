/** `/chat`: rooms at the left, the open one beside them. Which room is open stands in the address. */
import { ActionIcon, Button, Drawer } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconMenu2 } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { isFree, type Model, modelsQuery } from "@/shared/api/models";
import { usePageTitle } from "@/shared/lib/page-title";
import { Empty, Failed, LoadingRows } from "@/shared/ui/states";
import { draftRoom } from "./actions";
import classes from "./chat.module.css";
import { RoomState } from "./room-state";
import { RoomView } from "./room-view";
import { RoomsColumn } from "./rooms-column";

const route = getRouteApi("/chat");
const LAST_MODELS = "modelport.chat.models";

export function ChatPage() {
  const { t } = useTranslation();
  const { room, model, models: several } = route.useSearch();
  const asked = several ?? (model ? [model] : []);
  const navigate = route.useNavigate();
  const models = useQuery(modelsQuery);
  const unknown = models.data ? asked.filter((id) => !models.data.some((each) => each.id === id)) : [];
  const [opened, drawer] = useDisclosure(false);
  const [state, setState] = useState<RoomState | null>(null);
  const [missing, setMissing] = useState(false);
  usePageTitle(state?.room.title || t("shell.chat"));

  // biome-ignore lint/correctness/useExhaustiveDependencies: the list of models only chooses a new room's first one
  useEffect(() => {
    setMissing(false);
    if (room) {
      if (state?.room.id === room) return;
      let left = false;
      void RoomState.open(room).then((found) => {
        if (left) return;
        setState(found);
        setMissing(found === null);
      });
      return () => {
        left = true;
      };
    }
    if (models.data) setState(draftRoom(firstModels(models.data, asked)));
  }, [room, asked.join(" "), models.data === undefined]);

  const open = useCallback((id?: string) => void navigate({ search: id ? { room: id } : {} }), [navigate]);
  const onAsk = useCallback(() => {
    if (!state) return;
    rememberModels(state);
    if (room !== state.room.id) void navigate({ search: { room: state.room.id }, replace: true });
  }, [state, room, navigate]);

  const column = (
    <RoomsColumn
      current={room}
      open={(id) => {
        drawer.close();
        open(id);
      }}
    />
  );
  return (
    <div className={classes.page}>
      <aside className={classes.rooms} aria-label={t("chat.rooms")}>
        {column}
      </aside>
      <Drawer
        opened={opened}
        onClose={drawer.close}
        size="min(320px, 88vw)"
        title={t("chat.rooms")}
        closeButtonProps={{ "aria-label": t("common.close") }}
      >
        {column}
      </Drawer>
      <section className={classes.room} aria-label={state?.room.title || t("chat.new")}>
        <h1 className="mp-visually-hidden">{state?.room.title || t("shell.chat")}</h1>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          className={classes.toggle}
          onClick={drawer.open}
          aria-label={t("chat.rooms")}
        >
          <IconMenu2 size={18} />
        </ActionIcon>
        {missing && (
          <Empty
            title={t("chat.gone")}
            action={
              <Button variant="default" mt="sm" onClick={() => open()}>
                {t("chat.new")}
              </Button>
            }
          >
            {t("chat.goneBody")}
          </Empty>
        )}
        {models.isError && !state && <Failed error={models.error} retry={() => void models.refetch()} />}
        {!state && !missing && !models.isError && <LoadingRows rows={3} height={60} />}
        {state && !missing && (
          <RoomView key={state.room.id} state={state} unknown={unknown} asked={onAsk} open={open} />
        )}
      </section>
    </div>
  );
}

/** What a new room begins with: the models asked for, those used last, else a free one. */
function firstModels(models: Model[], asked: string[]): string[] {
  const there = (id: string) => models.some((model) => model.id === id);
  const wanted = asked.filter(there);
  if (wanted.length > 0) return wanted;
  const last = readLast().filter(there);
  if (last.length > 0) return last;
  const first = models.find((model) => isFree(model) && answersInText(model)) ?? models.find(answersInText);
  return first ? [first.id] : [];
}

function answersInText(model: Model): boolean {
  return model.architecture.output_modalities.includes("text");
}

function readLast(): string[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(LAST_MODELS) ?? "[]");
    return Array.isArray(found) ? found.filter((each) => typeof each === "string") : [];
  } catch {
    return [];
  }
}

function rememberModels(state: RoomState): void {
  localStorage.setItem(LAST_MODELS, JSON.stringify(state.room.slots.map((slot) => slot.model)));
}
