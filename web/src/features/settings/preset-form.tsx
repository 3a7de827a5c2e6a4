/** A preset's contents: a model, how it answers, what it is told first. Saving makes a version, which is in use at once. */
import {
  Button,
  Group,
  JsonInput,
  NumberInput,
  SimpleGrid,
  Stack,
  TagsInput,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import { FormFault } from "@/shared/ui/form-fault";
import { ModelField } from "@/shared/ui/model-field";
import { presetsQuery, type Version } from "./preset-queries";

const NUMBERS = ["temperature", "top_p", "max_tokens"] as const;
/** What has a field of its own; all else is shown as JSON. */
const OWN = new Set<string>(["model", "models", ...NUMBERS]);

interface Draft {
  slug: string;
  model: string;
  models: string[];
  numbers: Record<(typeof NUMBERS)[number], number | string>;
  prompt: string;
  rest: string;
}

function draftOf(slug: string, version: Version | null | undefined): Draft {
  const config = version?.config ?? {};
  const rest = Object.fromEntries(Object.entries(config).filter(([name]) => !OWN.has(name)));
  const number = (name: string) => (typeof config[name] === "number" ? config[name] : "");
  return {
    slug,
    model: typeof config.model === "string" ? config.model : "",
    models: Array.isArray(config.models) ? config.models.map(String) : [],
    numbers: {
      temperature: number("temperature"),
      top_p: number("top_p"),
      max_tokens: number("max_tokens"),
    },
    prompt: version?.system_prompt ?? "",
    rest: Object.keys(rest).length ? JSON.stringify(rest, null, 2) : "",
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The rest as an object; null when it is none. */
function readRest(text: string): Record<string, unknown> | null {
  if (!text.trim()) return {};
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

export function PresetForm({
  slug: fixed,
  version,
  saved,
  close,
}: {
  /** Of a preset that exists. */
  slug?: string;
  version?: Version | null;
  saved: (slug: string) => void;
  close?: () => void;
}) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [draft, setDraft] = useState(() => draftOf(fixed ?? "", version));
  const set = (part: Partial<Draft>) => setDraft((before) => ({ ...before, ...part }));
  const rest = readRest(draft.rest);
  const slug = fixed ?? draft.slug.trim();
  const save = useMutation({
    mutationFn: () => {
      const numbers = Object.entries(draft.numbers).filter(([, value]) => value !== "");
      return taken(
        client.POST("/api/v1/presets/{slug}/chat/completions", {
          params: { path: { slug } },
          body: {
            ...rest,
            ...(draft.model && { model: draft.model.trim() }),
            ...(draft.models.length > 0 && { models: draft.models }),
            ...Object.fromEntries(numbers.map(([name, value]) => [name, Number(value)])),
            messages: draft.prompt.trim() ? [{ role: "system", content: draft.prompt }] : [],
          },
        }),
      );
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: presetsQuery.queryKey });
      saved(slug);
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Stack gap="sm">
        {fixed === undefined && (
          <TextInput
            label={t("presets.slug")}
            description={t("presets.slugNote", { slug: draft.slug || "…" })}
            required
            maxLength={128}
            pattern="[A-Za-z0-9][A-Za-z0-9._\-]*"
            data-autofocus
            value={draft.slug}
            onChange={(event) => set({ slug: event.currentTarget.value })}
          />
        )}
        <ModelField label={t("common.model")} value={draft.model} onChange={(model) => set({ model })} />
        <TagsInput
          label={t("presets.fallbacks")}
          description={t("presets.fallbacksNote")}
          value={draft.models}
          onChange={(models) => set({ models })}
        />
        <Textarea
          label={t("chat.system")}
          autosize
          minRows={3}
          maxRows={12}
          value={draft.prompt}
          onChange={(event) => set({ prompt: event.currentTarget.value })}
        />
        <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm">
          {NUMBERS.map((name) => (
            <NumberInput
              key={name}
              label={name}
              placeholder={t("chat.byDefault")}
              min={0}
              step={name === "max_tokens" ? 1 : 0.1}
              allowDecimal={name !== "max_tokens"}
              value={draft.numbers[name]}
              onChange={(value) => set({ numbers: { ...draft.numbers, [name]: value } })}
            />
          ))}
        </SimpleGrid>
        <JsonInput
          label={t("presets.rest")}
          description={t("presets.restNote")}
          autosize
          minRows={2}
          maxRows={14}
          spellCheck={false}
          formatOnBlur
          error={rest === null && t("presets.restWrong")}
          value={draft.rest}
          onChange={(value) => set({ rest: value })}
        />
        <FormFault error={save.error} />
        <Group justify={close ? "flex-end" : "flex-start"} gap="xs">
          {close && (
            <Button variant="default" onClick={close}>
              {t("common.cancel")}
            </Button>
          )}
          <Button type="submit" loading={save.isPending} disabled={rest === null}>
            {fixed === undefined ? t("presets.create") : t("presets.saveVersion")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
