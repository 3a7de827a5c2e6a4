/** Of which days the figures are. */
import { SegmentedControl } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { SPANS, type Span } from "./search";

export function SpanControl({ span, change }: { span: Span; change: (span: Span) => void }) {
  const { t } = useTranslation();
  return (
    <SegmentedControl
      aria-label={t("rankings.span")}
      value={span}
      data={SPANS.map((each) => ({ value: each, label: t(`rankings.spans.${each}`) }))}
      onChange={(value) => change(SPANS.find((each) => each === value) ?? span)}
    />
  );
}
