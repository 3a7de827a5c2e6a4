/** How much more or less than in the span before: said by its sign, and by its colour. */
import { useTranslation } from "react-i18next";
import { formatPercent } from "@/shared/lib/format";

export function Change({ share }: { share: number | null }) {
  const { t } = useTranslation();
  if (share === null) return <>{t("rankings.new")}</>;
  if (Math.abs(share) < 0.0005) return <>{formatPercent(0)}</>;
  return (
    <span style={{ color: share > 0 ? "var(--mp-up)" : "var(--mp-down)" }}>
      {share > 0 ? "+" : "−"}
      {formatPercent(Math.abs(share))}
    </span>
  );
}
