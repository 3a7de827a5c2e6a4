/** The models themselves. Only those in sight are in the document, however long the list is. */
import { Badge } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { memo, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { authorOf, isFree, type Market, type MarketModel, type Model } from "@/shared/api/models";
import { digitsOf, formatCompact, formatContext, formatPerMillion } from "@/shared/lib/format";
import { AuthorMark } from "@/shared/ui/author-mark";
import { CopyableId } from "@/shared/ui/copy";
import { ModelCard, ModelLink } from "@/shared/ui/model-card";
import classes from "./models-page.module.css";

const CARD_WIDTH = 290;
/** The list's width below which a row has two lines; the style has it too. */
const NARROW = 560;

interface Props {
  models: Model[];
  market: Market | undefined;
  cards: boolean;
}

export function ModelList({ models, market, cards }: Props) {
  const { t } = useTranslation();
  const { ref: sized, width } = useElementSize();
  const anchor = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what lies above can have another height at another width
  useLayoutEffect(() => setTop(anchor.current?.offsetTop ?? 0), [width, cards]);
  const columns = cards ? Math.max(1, Math.floor((width + 14) / (CARD_WIDTH + 14))) : 1;
  const height = cards ? 176 : width > 0 && width < NARROW ? 112 : 64;
  const digits = useMemo(
    () => ({
      prompt: digitsOf(models.map(({ pricing }) => pricing.prompt)),
      completion: digitsOf(models.map(({ pricing }) => pricing.completion)),
    }),
    [models],
  );
  const virtual = useWindowVirtualizer({
    count: Math.ceil(models.length / columns),
    estimateSize: () => height,
    overscan: 12,
    scrollMargin: top,
    getItemKey: (index) => `${columns}-${height}-${index}`,
  });
  return (
    <div ref={sized} className={classes.table}>
      {!cards && (
        <div className={classes.head} aria-hidden>
          <span>{t("common.model")}</span>
          <span className="mp-num">{t("models.weeklyShort")}</span>
          <span className="mp-num">{t("models.context")}</span>
          <span className="mp-num">{t("models.promptPrice")}</span>
          <span className="mp-num">{t("models.completionPrice")}</span>
        </div>
      )}
      <div ref={anchor} role="list" style={{ height: virtual.getTotalSize(), position: "relative" }}>
        {virtual.getVirtualItems().map((item) => (
          <div
            key={item.key}
            role="presentation"
            ref={cards ? virtual.measureElement : undefined}
            data-index={item.index}
            style={{
              position: "absolute",
              top: 0,
              left: 0,
              width: "100%",
              transform: `translateY(${item.start - top}px)`,
            }}
            className={cards ? classes.cards : undefined}
          >
            {models.slice(item.index * columns, (item.index + 1) * columns).map((model) => (
              <div key={model.id} role="listitem" style={{ minWidth: 0 }}>
                {cards ? (
                  <ModelCard model={model} heading="h2" />
                ) : (
                  <Row
                    model={model}
                    of={market?.models.get(model.id)}
                    promptDigits={digits.prompt}
                    completionDigits={digits.completion}
                  />
                )}
              </div>
            ))}
          </div>
        ))}
      </div>
    </div>
  );
}

const SHOWN_PARAMETERS = ["tools", "reasoning", "structured_outputs"] as const;

interface RowProps {
  model: Model;
  of: MarketModel | undefined;
  promptDigits: number;
  completionDigits: number;
}

const Row = memo(function Row({ model, of, promptDigits, completionDigits }: RowProps) {
  const { t } = useTranslation();
  const free = isFree(model);
  return (
    <div className={classes.row}>
      <div className={classes.who}>
        <AuthorMark author={authorOf(model.id)} size={26} />
        <div className={classes.names}>
          <div className={classes.title}>
            <ModelLink model={model} />
            {free && <Badge size="sm">{t("common.free")}</Badge>}
            <span className={classes.badges}>
              {model.architecture.input_modalities.includes("image") && (
                <Badge size="sm" color="gray">
                  {t("models.vision")}
                </Badge>
              )}
              {SHOWN_PARAMETERS.filter((each) => model.supported_parameters.includes(each)).map((each) => (
                <Badge key={each} size="sm" color="gray">
                  {t(`models.parameters.${each}`)}
                </Badge>
              ))}
              {model.expiration_date && (
                <Badge size="sm" color="orange">
                  {t("models.retires", { date: model.expiration_date })}
                </Badge>
              )}
            </span>
          </div>
          <div className={classes.id}>
            <CopyableId id={model.id} />
          </div>
        </div>
      </div>
      <span className={classes.fact}>
        <span className={classes.what}>{t("models.weeklyShort")} </span>
        {of ? formatCompact(of.weekly_tokens) : "—"}
      </span>
      <span className={classes.fact}>
        <span className={classes.what}>{t("models.context")} </span>
        {model.context_length ? formatContext(model.context_length) : "—"}
      </span>
      <span className={classes.fact}>
        <span className={classes.what}>{t("models.promptPrice")} </span>
        {formatPerMillion(model.pricing.prompt, promptDigits)}
      </span>
      <span className={classes.fact}>
        <span className={classes.what}>{t("models.completionPrice")} </span>
        {formatPerMillion(model.pricing.completion, completionDigits)}
      </span>
    </div>
  );
});
