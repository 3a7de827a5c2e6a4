/** Tries the filters of a guardrail on a text, saved or not: what they find, and what would be sent. */
import { Badge, Button, Group, Paper, Select, Stack, Text, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, taken } from "@/shared/api/client";
import type { components } from "@/shared/api/schema";
import { useReasonText } from "@/shared/ui/error-text";
import { FormFault } from "@/shared/ui/form-fault";
import { Section } from "@/shared/ui/section";
import { marked } from "./guardrail-marks";
import { type Change, isDetector } from "./guardrail-queries";
import classes from "./settings.module.css";

type Tried = components["schemas"]["TrialVerdict"];

const ROLES = ["user", "system", "assistant", "tool"] as const;
const VERDICTS = { pass: "tide", redact: "orange", block: "red" } as const;

export function Preview({ id, draft }: { id: string; draft: Change }) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const [role, setRole] = useState<(typeof ROLES)[number]>("user");
  const attempt = useMutation({
    mutationFn: async () => {
      const { data } = await taken(
        client.POST("/api/app/guardrails/try", {
          body: {
            text,
            role,
            guardrail_id: id,
            content_filters: draft.content_filters ?? [],
            content_filter_builtins: draft.content_filter_builtins ?? [],
          },
        }),
      );
      return { text, tried: data };
    },
  });
  return (
    <Section title={t("guardrails.try")} lead={t("guardrails.tryLead")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          attempt.mutate();
        }}
      >
        <Stack gap="sm">
          <Textarea
            label={t("guardrails.tryText")}
            autosize
            minRows={3}
            maxRows={12}
            maxLength={200_000}
            required
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <Group gap="sm" align="flex-end">
            <Select
              label={t("guardrails.tryRole")}
              w={170}
              allowDeselect={false}
              value={role}
              data={ROLES.map((value) => ({ value, label: t(`guardrails.roles.${value}`) }))}
              onChange={(value) => setRole(ROLES.find((each) => each === value) ?? "user")}
            />
            <Button type="submit" variant="default" loading={attempt.isPending}>
              {t("guardrails.tryNow")}
            </Button>
          </Group>
          <FormFault error={attempt.error} />
          {attempt.data && <Outcome {...attempt.data} />}
        </Stack>
      </form>
    </Section>
  );
}

function Outcome({ text, tried }: { text: string; tried: Tried }) {
  const { t } = useTranslation();
  const reasonOf = useReasonText();
  return (
    <Paper withBorder p="md" role="status" aria-label={t("guardrails.tryResult")}>
      <Stack gap="sm">
        <Group gap="sm">
          <Badge color={VERDICTS[tried.verdict]}>{t(`guardrails.verdicts.${tried.verdict}`)}</Badge>
          {tried.message && <Text size="sm">{reasonOf(tried.metadata) ?? tried.message}</Text>}
        </Group>
        {tried.findings.length === 0 && (
          <Text size="sm" c="dimmed">
            {t("guardrails.foundNothing")}
          </Text>
        )}
        {tried.findings.map((finding, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two patterns may be the same
          <div key={index}>
            <Group gap="xs">
              <Text size="sm" fw={550}>
                {isDetector(finding.filter)
                  ? t(`guardrails.detectors.${finding.filter}`)
                  : (finding.pattern ?? finding.label)}
              </Text>
              <Badge color="gray" size="sm">
                {t(`guardrails.actions.${finding.action}`)}
              </Badge>
              <Text size="xs" c="dimmed">
                {t("guardrails.foundCount", { count: finding.count })}
              </Text>
            </Group>
            <p className={classes.sent}>
              {marked(text, finding.places).map(({ part, isFound, at }) =>
                isFound ? <mark key={at}>{part}</mark> : <span key={at}>{part}</span>,
              )}
            </p>
          </div>
        ))}
        {tried.verdict === "redact" && (
          <div>
            <Text size="sm" fw={550}>
              {t("guardrails.sentText")}
            </Text>
            <p className={classes.sent}>{tried.text}</p>
          </div>
        )}
      </Stack>
    </Paper>
  );
}
