/** How one model of a room is asked: system prompt, parameters, reasoning, providers. */
import { Button, Drawer, Group, NumberInput, Select, Stack, TagsInput, Text, Textarea } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { endpointsQuery, modelsQuery } from "@/shared/api/models";
import type { RoomState } from "./room-state";
import type { Parameters, Slot } from "./types";

interface Props {
  state: RoomState;
  slotId: string | null;
  close: () => void;
}

const NUMBERS = [
  { name: "temperature", min: 0, max: 2, step: 0.1 },
  { name: "top_p", min: 0, max: 1, step: 0.05 },
  { name: "max_tokens", min: 1, max: 1_000_000, step: 256 },
  { name: "frequency_penalty", min: -2, max: 2, step: 0.1 },
  { name: "presence_penalty", min: -2, max: 2, step: 0.1 },
  { name: "seed", min: 0, max: 2_147_483_647, step: 1 },
] as const;

export function SlotSettings({ state, slotId, close }: Props) {
  const { t } = useTranslation();
  const slot = state.room.slots.find((each) => each.id === slotId);
  return (
    <Drawer
      opened={slot !== undefined}
      onClose={close}
      position="right"
      size="min(420px, 94vw)"
      title={slot?.model}
      closeButtonProps={{ "aria-label": t("common.close") }}
    >
      {slot && <Form key={slot.id} state={state} slot={slot} />}
    </Drawer>
  );
}

function Form({ state, slot }: { state: RoomState; slot: Slot }) {
  const { t } = useTranslation();
  const { data: models } = useQuery(modelsQuery);
  const endpoints = useQuery(endpointsQuery(slot.model));
  const supported = models?.find((model) => model.id === slot.model)?.supported_parameters ?? [];
  const change = (part: Partial<Slot>) =>
    state.changeRoom({
      slots: state.room.slots.map((each) => (each.id === slot.id ? { ...each, ...part } : each)),
    });
  const set = (part: Partial<Parameters>) => {
    const parameters = Object.fromEntries(
      Object.entries({ ...slot.parameters, ...part }).filter(([, value]) => value !== undefined),
    );
    change({ parameters });
  };
  const providers = [...new Set((endpoints.data ?? []).map((endpoint) => endpoint.tag.split("/")[0] ?? ""))];
  return (
    <Stack gap="md">
      <Textarea
        label={t("chat.system")}
        description={t("chat.systemRoom")}
        autosize
        minRows={3}
        maxRows={12}
        value={state.room.system}
        onChange={(event) => state.changeRoom({ system: event.currentTarget.value })}
      />
      <Textarea
        label={t("chat.systemModel")}
        description={t("chat.systemModelNote")}
        autosize
        minRows={2}
        maxRows={12}
        value={slot.system ?? ""}
        onChange={(event) => change({ system: event.currentTarget.value })}
      />
      <Group grow align="flex-start" gap="sm" preventGrowOverflow={false}>
        {NUMBERS.map(({ name, ...bounds }) => (
          <NumberInput
            key={name}
            miw={150}
            size="sm"
            label={<span className="mp-mono">{name}</span>}
            placeholder={t("chat.byDefault")}
            value={slot.parameters[name] ?? ""}
            onChange={(value) => set({ [name]: typeof value === "number" ? value : undefined })}
            {...bounds}
          />
        ))}
      </Group>
      {supported.includes("reasoning") && (
        <Select
          label={t("chat.reasoningEffort")}
          placeholder={t("chat.byDefault")}
          clearable
          value={slot.parameters.reasoning ?? null}
          data={[
            { value: "low", label: t("chat.efforts.low") },
            { value: "medium", label: t("chat.efforts.medium") },
            { value: "high", label: t("chat.efforts.high") },
          ]}
          onChange={(value) =>
            set({ reasoning: (["low", "medium", "high"] as const).find((each) => each === value) })
          }
        />
      )}
      {providers.length > 1 && (
        <TagsInput
          label={t("chat.onlyProviders")}
          description={t("chat.onlyProvidersNote")}
          value={slot.parameters.providers ?? []}
          data={providers}
          onChange={(value) => set({ providers: value.length ? value : undefined })}
        />
      )}
      <Text size="sm" c="dimmed">
        {t("chat.parametersNote")}
      </Text>
      <Button variant="default" onClick={() => change({ parameters: {}, system: "" })}>
        {t("chat.reset")}
      </Button>
    </Stack>
  );
}
