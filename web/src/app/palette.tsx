/** Ctrl/Cmd K: any model or page by a few letters. */
import { Kbd, Modal, ScrollArea, Text, TextInput } from "@mantine/core";
import { useDisclosure, useHotkeys } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useRouterState } from "@tanstack/react-router";
import { type KeyboardEvent, useId, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { authorOf, modelsQuery, splitId } from "@/shared/api/models";
import { useMe } from "@/shared/api/session";
import { rank } from "@/shared/lib/match";
import { AuthorMark } from "@/shared/ui/author-mark";
import classes from "./palette.module.css";
import { useFindable } from "./places";
import shell from "./shell.module.css";

const MOST = 40;

export function PaletteButton() {
  const { t } = useTranslation();
  const [opened, { open, close }] = useDisclosure(false);
  // In chat the same keys add a model; its page listens there.
  const inChat = useRouterState({ select: (state) => state.location.pathname.startsWith("/chat") });
  // From within a field as well: in chat that is where one is. A slash is just typed there.
  useHotkeys([[inChat ? "mod+shift+K" : "mod+K", open]], []);
  useHotkeys(inChat ? [] : [["/", open]]);
  return (
    <>
      <button type="button" className={shell.search} onClick={open}>
        <span className="mp-visually-hidden">{t("shell.find")}</span>
        <IconSearch size={16} aria-hidden />
        <span className={shell.searchText} aria-hidden>
          {t("common.search")}
        </span>
        <span className={shell.keys} aria-hidden>
          <Kbd size="xs">{inChat ? "⇧ Ctrl K" : "Ctrl K"}</Kbd>
        </span>
      </button>
      <Modal
        opened={opened}
        onClose={close}
        withCloseButton={false}
        padding={0}
        size="lg"
        yOffset="12dvh"
        centered={false}
        attributes={{ content: { "aria-label": t("shell.find") } }}
      >
        <Palette close={close} />
      </Modal>
    </>
  );
}

interface Found {
  key: string;
  label: string;
  note: string;
  author: string | null;
  go: () => void;
}

function useFound(query: string): Found[] {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const places = useFindable(useMe());
  const { data: models } = useQuery(modelsQuery);
  return useMemo(() => {
    const pages = places.map((place) => ({
      key: String(place.to),
      label: place.label,
      note: t("shell.pages"),
      author: null,
      go: () => void navigate({ to: place.to }),
    }));
    const all: Found[] = (models ?? []).map((model) => ({
      key: model.id,
      label: model.name,
      note: model.id,
      author: authorOf(model.id),
      go: () => {
        const [author, slug] = splitId(model.id);
        void navigate({ to: "/$author/$slug", params: { author, slug } });
      },
    }));
    return rank([...pages, ...all], query, (each) => `${each.label} ${each.note}`).slice(0, MOST);
  }, [models, places, query, navigate, t]);
}

function Palette({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const found = useFound(query);
  const list = useId();

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "ArrowDown") setAt((now) => Math.min(now + 1, found.length - 1));
    else if (event.key === "ArrowUp") setAt((now) => Math.max(now - 1, 0));
    else if (event.key === "Enter") {
      found[at]?.go();
      close();
    } else return;
    event.preventDefault();
  };

  return (
    <div>
      <TextInput
        data-autofocus
        size="lg"
        variant="unstyled"
        className={classes.input}
        leftSection={<IconSearch size={18} />}
        placeholder={t("shell.find")}
        aria-label={t("shell.find")}
        role="combobox"
        aria-expanded
        aria-controls={list}
        aria-activedescendant={found[at] ? `${list}-${at}` : undefined}
        value={query}
        onChange={(event) => {
          setQuery(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <ScrollArea.Autosize mah="56dvh" type="auto">
        <div id={list} role="listbox" aria-label={t("shell.find")} className={classes.list}>
          {found.map((each, index) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the keyboard works from the field above
            <div
              key={each.key}
              id={`${list}-${index}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === at}
              className={classes.option}
              ref={index === at ? (node) => node?.scrollIntoView({ block: "nearest" }) : undefined}
              onMouseMove={() => setAt(index)}
              onClick={() => {
                each.go();
                close();
              }}
            >
              {each.author !== null && <AuthorMark author={each.author} size={18} />}
              <span className={classes.label}>{each.label}</span>
              <span className={classes.note}>{each.note}</span>
            </div>
          ))}
        </div>
        {found.length === 0 && (
          <Text c="dimmed" ta="center" py="lg">
            {t("shell.findEmpty")}
          </Text>
        )}
      </ScrollArea.Autosize>
    </div>
  );
}
