/** "Add model": a search over what can answer in words. */
import { Badge, Box, Group, Modal, ScrollArea, Switch, Text, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useId, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { authorOf, isFree, type Model, modelsQuery } from "@/shared/api/models";
import { formatContext, formatPerMillion } from "@/shared/lib/format";
import { rank } from "@/shared/lib/match";
import { AuthorMark } from "@/shared/ui/author-mark";
import { OwnPrices } from "@/shared/ui/own-prices";
import { Failed, LoadingRows } from "@/shared/ui/states";
import classes from "./chat.module.css";

interface Props {
  opened: boolean;
  close: () => void;
  pick: (model: string) => void;
}

const MOST = 60;

export function ModelPicker({ opened, close, pick }: Props) {
  const { t } = useTranslation();
  return (
    <Modal
      opened={opened}
      onClose={close}
      size="lg"
      padding={0}
      centered={false}
      yOffset="10dvh"
      withCloseButton={false}
      attributes={{ content: { "aria-label": t("chat.addModel") } }}
    >
      <Picker pick={pick} />
    </Modal>
  );
}

function Picker({ pick }: { pick: (model: string) => void }) {
  const { t } = useTranslation();
  const asked = useQuery(modelsQuery);
  const models = asked.data;
  const [query, setQuery] = useState("");
  const [free, setFree] = useState(false);
  const [at, setAt] = useState(0);
  const list = useId();
  const found = useMemo(() => {
    const able = (models ?? []).filter(
      (model) => model.architecture.output_modalities.includes("text") && (!free || isFree(model)),
    );
    return rank(able, query, (model) => `${model.name} ${model.id}`).slice(0, MOST);
  }, [models, query, free]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    const chosen = found[at];
    if (event.key === "ArrowDown") setAt((now) => Math.min(now + 1, found.length - 1));
    else if (event.key === "ArrowUp") setAt((now) => Math.max(now - 1, 0));
    else if (event.key === "Enter" && chosen) pick(chosen.id);
    else return;
    event.preventDefault();
  };
  return (
    <div>
      <Group gap="sm" p="xs" wrap="nowrap" className={classes.pickerTop}>
        <TextInput
          data-autofocus
          variant="unstyled"
          flex={1}
          leftSection={<IconSearch size={17} />}
          placeholder={t("chat.findModel")}
          aria-label={t("chat.findModel")}
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
        <Switch
          size="sm"
          label={t("common.free")}
          checked={free}
          onChange={(event) => setFree(event.currentTarget.checked)}
        />
      </Group>
      <Text size="xs" c="dimmed" px="md" pt={6}>
        {t("chat.pickerPrices")}
        <OwnPrices of={found} />
      </Text>
      <ScrollArea.Autosize mah="58dvh" type="auto">
        <div id={list} role="listbox" aria-label={t("chat.addModel")} className={classes.picker}>
          {found.map((model, index) => (
            <Option
              key={model.id}
              id={`${list}-${index}`}
              model={model}
              active={index === at}
              hover={() => setAt(index)}
              pick={() => pick(model.id)}
            />
          ))}
        </div>
        {!models && (
          <Box p="sm">
            {asked.isError ? (
              <Failed error={asked.error} retry={() => void asked.refetch()} />
            ) : (
              <LoadingRows rows={4} />
            )}
          </Box>
        )}
        {models && found.length === 0 && (
          <Text c="dimmed" ta="center" py="lg">
            {t("models.none")}
          </Text>
        )}
      </ScrollArea.Autosize>
    </div>
  );
}

interface OptionProps {
  id: string;
  model: Model;
  active: boolean;
  hover: () => void;
  pick: () => void;
}

function Option({ id, model, active, hover, pick }: OptionProps) {
  const { t } = useTranslation();
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keyboard works from the field above
    <div
      id={id}
      role="option"
      tabIndex={-1}
      aria-selected={active}
      className={classes.option}
      onMouseMove={hover}
      onClick={pick}
      ref={active ? (node) => node?.scrollIntoView({ block: "nearest" }) : undefined}
    >
      <AuthorMark author={authorOf(model.id)} size={20} />
      <span className={classes.optionName}>
        <b>{model.name}</b>
        <code className="mp-mono">{model.id}</code>
      </span>
      <span className={classes.optionFacts}>
        {model.context_length ? formatContext(model.context_length) : ""}
        {isFree(model) ? (
          <Badge size="sm">{t("common.free")}</Badge>
        ) : (
          <span>
            {formatPerMillion(model.pricing.prompt)} / {formatPerMillion(model.pricing.completion)}
          </span>
        )}
      </span>
    </div>
  );
}
