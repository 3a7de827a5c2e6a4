/** Says that prices are the looker's own, where any of them is. */
import { useTranslation } from "react-i18next";

interface Props {
  of: readonly { usual?: object }[] | undefined;
  /** What stands before it, where it goes on in a line; else it has one of its own. */
  after?: string;
  /** Whether what others pay is shown beside the prices, struck out. */
  isStruck?: boolean;
}

export function OwnPrices({ of, after, isStruck }: Props) {
  const { t } = useTranslation();
  if (!of?.some(({ usual }) => usual)) return null;
  return (
    <span style={after === undefined ? { display: "block" } : undefined}>
      {after}
      {t(isStruck ? "models.ownPricesStruck" : "models.ownPrices")}
    </span>
  );
}
