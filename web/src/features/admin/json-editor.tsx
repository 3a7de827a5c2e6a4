/** A provider or model as its catalogue file says it: edited, shown what that would change, and put in its place. */
import { Button, Group, JsonInput, Stack } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { modelsQuery } from "@/shared/api/models";
import { FormFault } from "@/shared/ui/form-fault";
import { type Item, type Json, previewItem, putItem } from "./catalog-queries";
import { Differences } from "./differences";

function readObject(text: string): Json | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : null;
  } catch {
    return null;
  }
}

export function JsonEditor({ kind, name, item }: { kind: "providers" | "models"; name: string; item: Item }) {
  const { t } = useTranslation();
  const [text, setText] = useState(() => JSON.stringify(item.value, null, 2));
  const value = readObject(text);
  return (
    <Stack gap="sm">
      <JsonInput
        label={t("admin.catalog.asFile")}
        description={t("admin.catalog.asFileNote")}
        autosize
        minRows={6}
        maxRows={24}
        spellCheck={false}
        error={value === null && t("presets.restWrong")}
        value={text}
        onChange={setText}
      />
      <Consent kind={kind} name={name} value={value} mark={item.mark} />
    </Stack>
  );
}

/** Two steps: what it would change, and doing just that. */
export function Consent({
  kind,
  name,
  value,
  mark,
  done,
}: {
  kind: "providers" | "models";
  name: string;
  value: Json | null;
  mark: string;
  done?: () => void;
}) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const key = kind === "providers" ? "slug" : "id";
  const preview = useMutation({ mutationFn: () => previewItem(kind, { ...value, [key]: name }) });
  const put = useMutation({
    mutationFn: () => putItem(kind, name, value ?? {}, mark),
    onSuccess: async () => {
      preview.reset();
      done?.();
      await Promise.all([
        queries.invalidateQueries({ queryKey: ["admin"] }),
        queries.invalidateQueries(modelsQuery),
      ]);
    },
  });
  return (
    <Stack gap="sm">
      <FormFault error={preview.error ?? put.error} />
      {preview.data && <Differences differences={preview.data.differences} />}
      <Group gap="sm">
        <Button
          variant="default"
          disabled={value === null}
          loading={preview.isPending}
          onClick={() => preview.mutate()}
        >
          {t("admin.catalog.preview")}
        </Button>
        {preview.data && preview.data.differences.length > 0 && (
          <Button loading={put.isPending} onClick={() => put.mutate()}>
            {t("admin.catalog.apply")}
          </Button>
        )}
      </Group>
    </Stack>
  );
}
