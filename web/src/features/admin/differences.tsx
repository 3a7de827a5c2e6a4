/** What a change would do, thing by thing: prices stand out, and where there is a choice each can be left out. */
import { Badge, Checkbox, Group, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Difference } from "./catalog-queries";
import classes from "./differences.module.css";

const COLORS = { added: "tide", changed: "gray", removed: "red" } as const;

interface Subject {
  name: string;
  differences: Difference[];
}

export function bySubject(differences: readonly Difference[]): Subject[] {
  const found = new Map<string, Difference[]>();
  for (const each of differences) found.set(each.subject, [...(found.get(each.subject) ?? []), each]);
  return [...found].map(([name, inner]) => ({ name, differences: inner }));
}

const KINDS = ["model", "provider", "author"] as const;

/** `model acme/writer` in the reader's language. */
function useSubject(): (subject: string) => string {
  const { t } = useTranslation();
  return (subject) => {
    const [word = "", ...rest] = subject.split(" ");
    const kind = KINDS.find((each) => each === word);
    return kind && rest.length ? `${t(`admin.catalog.things.${kind}`)} ${rest.join(" ")}` : subject;
  };
}

/** The id of the model a difference is about; null for a provider or an author. */
export function modelOf(subject: string): string | null {
  return subject.startsWith("model ") ? subject.slice("model ".length) : null;
}

export function Differences({
  differences,
  chosen,
  choose,
}: {
  differences: readonly Difference[];
  /** Ids of models that are to be taken; without it there is no choice. */
  chosen?: ReadonlySet<string>;
  choose?: (model: string, isChosen: boolean) => void;
}) {
  const { t } = useTranslation();
  const subject = useSubject();
  if (differences.length === 0) return <Text c="dimmed">{t("admin.catalog.nothing")}</Text>;
  return (
    <div className={classes.list}>
      {bySubject(differences).map(({ name, differences: inner }) => {
        const model = modelOf(name);
        return (
          <Group key={name} align="flex-start" wrap="nowrap" gap="sm" className={classes.subject}>
            {chosen && choose && (
              <Checkbox
                mt={2}
                aria-label={t("admin.catalog.take", { name: subject(name) })}
                checked={model === null || chosen.has(model)}
                disabled={model === null}
                onChange={(event) => model !== null && choose(model, event.currentTarget.checked)}
              />
            )}
            <Stack gap={4} miw={0} flex={1}>
              <Text fw={550} style={{ overflowWrap: "anywhere" }}>
                {subject(name)}
              </Text>
              {inner.map((each) => (
                <Line key={`${each.endpoint}${each.field}${each.kind}`} difference={each} />
              ))}
            </Stack>
          </Group>
        );
      })}
    </div>
  );
}

function Line({ difference }: { difference: Difference }) {
  const { t } = useTranslation();
  const kind =
    (["added", "changed", "removed"] as const).find((each) => each === difference.kind) ?? "changed";
  return (
    <div className={classes.line} data-price={difference.is_price || undefined}>
      <Badge color={COLORS[kind]} size="sm">
        {t(`admin.catalog.kinds.${kind}`)}
      </Badge>
      <span className={classes.what}>
        {[difference.endpoint, difference.field].filter(Boolean).join(" · ")}{" "}
        {difference.old !== null && <del className={classes.was}>{difference.old}</del>}
        {difference.old !== null && difference.new !== null && " → "}
        {difference.new !== null && <ins className={classes.is}>{difference.new}</ins>}
      </span>
    </div>
  );
}
