/** The field of one system setting, after the JSON Schema of its value. */
import { NumberInput, Select, Switch, TagsInput, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { components } from "@/shared/api/schema";
import { useSettingWords } from "./setting-names";

export type Setting = components["schemas"]["SettingData"];
export type Values = Record<string, unknown>;

/** What kind of value a JSON Schema wants, as far as a field must know. */
function kindOf(shape: Values): { kind: string; choices: string[]; nullable: boolean } {
  const parts = Array.isArray(shape.anyOf) ? (shape.anyOf as Values[]) : [shape];
  const real = parts.find(({ type }) => type !== "null") ?? shape;
  const choices = Array.isArray(real.enum) ? real.enum.map(String) : [];
  return {
    kind: choices.length ? "choice" : String(real.type ?? "string"),
    choices,
    nullable: parts.some(({ type }) => type === "null"),
  };
}

export function SettingField({
  setting,
  value,
  set,
}: {
  setting: Setting;
  value: unknown;
  set: (value: unknown) => void;
}) {
  const { t } = useTranslation();
  const words = useSettingWords();
  const { kind, choices, nullable } = kindOf(setting.shape);
  const { label, about: description } = words.setting(setting);
  const common = {
    label,
    description,
    inputWrapperOrder: ["label", "description", "input", "error"] as [
      "label",
      "description",
      "input",
      "error",
    ],
  };
  if (kind === "boolean") {
    return (
      <Switch
        label={label}
        description={description}
        checked={value === true}
        onChange={(event) => set(event.currentTarget.checked)}
      />
    );
  }
  if (kind === "choice") {
    return (
      <Select
        {...common}
        allowDeselect={nullable}
        value={typeof value === "string" ? value : null}
        placeholder={nullable ? t("system.automatic") : undefined}
        data={choices.map((value) => ({ value, label: words.choice(value) }))}
        onChange={set}
      />
    );
  }
  if (kind === "array") {
    return (
      <TagsInput
        {...common}
        splitChars={[",", " "]}
        acceptValueOnBlur
        value={Array.isArray(value) ? value.map(String) : []}
        onChange={set}
      />
    );
  }
  if (kind === "integer" || kind === "number") {
    return (
      <NumberInput
        {...common}
        allowDecimal={kind === "number"}
        placeholder={nullable ? t("common.none") : undefined}
        value={typeof value === "number" ? value : ""}
        onChange={(typed) => set(typed === "" ? null : Number(typed))}
      />
    );
  }
  return (
    <TextInput
      {...common}
      value={typeof value === "string" ? value : ""}
      onChange={(event) => set(event.currentTarget.value)}
    />
  );
}
