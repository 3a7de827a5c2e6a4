/** A model as a card: mark, name, id, what it takes and costs. */
import { Badge, Group, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { authorOf, isFree, type Model, shortName, splitId } from "@/shared/api/models";
import { formatContext, formatPerMillion } from "@/shared/lib/format";
import { plainText } from "@/shared/lib/plain-text";
import { AuthorMark } from "./author-mark";
import { CopyableId } from "./copy";
import classes from "./model-card.module.css";

export function ModelLink({ model, className }: { model: Pick<Model, "id" | "name">; className?: string }) {
  const [author, slug] = splitId(model.id);
  return (
    <Link to="/$author/$slug" params={{ author, slug }} className={className ?? classes.link}>
      {shortName(model)}
    </Link>
  );
}

interface Props {
  model: Model;
  /** Of its name: below a section's heading, or below the page's. */
  heading?: "h2" | "h3";
  /** What can be done with it at once. */
  action?: ReactNode;
}

export function ModelCard({ model, heading = "h3", action }: Props) {
  const { t } = useTranslation();
  return (
    <article className={classes.card}>
      <Group gap={10} wrap="nowrap">
        <AuthorMark author={authorOf(model.id)} size={24} />
        <div className={classes.names}>
          <Text fw={650} truncate component={heading} fz="md" m={0}>
            <ModelLink model={model} className={classes.cover} />
          </Text>
          <div className={classes.id}>
            <CopyableId id={model.id} />
          </div>
        </div>
      </Group>
      <Text size="sm" c="dimmed" lineClamp={2} className={classes.words}>
        {plainText(model.description)}
      </Text>
      <Group gap="md" className={classes.figures}>
        {model.context_length ? (
          <span>
            {formatContext(model.context_length)} {t("models.contextShort")}
          </span>
        ) : null}
        {isFree(model) ? (
          <Badge color="tide">{t("common.free")}</Badge>
        ) : (
          <span>
            {formatPerMillion(model.pricing.prompt)} / {formatPerMillion(model.pricing.completion)}{" "}
            <span className={classes.unit}>{t("models.perMillion")}</span>
          </span>
        )}
        {action && <span className={classes.action}>{action}</span>}
      </Group>
    </article>
  );
}
