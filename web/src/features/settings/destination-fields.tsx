/** Where a destination is, and what it is shown: the fields of its kind, and headers. */
import { Select, Stack, Textarea, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { CHOICES, type Config, HIDDEN, headersOf, isRequired, KINDS, type Kind } from "./destination-queries";

export function DestinationFields({
  kind,
  config,
  setConfig,
  lines,
  setLines,
  isKnown = false,
}: {
  kind: Kind;
  config: Config;
  setConfig: (config: Config) => void;
  lines: string;
  setLines: (lines: string) => void;
  /** It has its secrets already: what is left empty stays. */
  isKnown?: boolean;
}) {
  const { t } = useTranslation();
  return (
    <Stack gap="sm">
      {KINDS[kind].map((name) => {
        const isHidden = HIDDEN.includes(name);
        const choices = CHOICES[name];
        if (choices) {
          return (
            <Select
              key={name}
              label={t(`observability.fields.${name}`)}
              allowDeselect={false}
              value={config[name] ?? choices[0] ?? null}
              data={[...choices]}
              onChange={(value) => setConfig({ ...config, [name]: value ?? undefined })}
            />
          );
        }
        return (
          <TextInput
            key={name}
            label={t(`observability.fields.${name}`)}
            description={
              name === "signingSecret" && !isKnown
                ? t("observability.secretMade")
                : name === "pathTemplate"
                  ? t("observability.pathNote")
                  : undefined
            }
            placeholder={isHidden && isKnown ? t("observability.unchanged") : undefined}
            required={isRequired(kind, name) && !(isHidden && isKnown)}
            type={isHidden ? "password" : "text"}
            autoComplete={isHidden ? "new-password" : "off"}
            value={config[name] ?? ""}
            onChange={(event) => setConfig({ ...config, [name]: event.currentTarget.value })}
          />
        );
      })}
      <Textarea
        label={t("observability.headers")}
        description={t("observability.headersNote")}
        error={headersOf(lines) === null ? t("observability.headersWrong") : undefined}
        autosize
        minRows={2}
        spellCheck={false}
        autoComplete="off"
        classNames={{ input: "mp-mono" }}
        value={lines}
        onChange={(event) => setLines(event.currentTarget.value)}
      />
    </Stack>
  );
}
