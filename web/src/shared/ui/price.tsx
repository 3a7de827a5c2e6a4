/** A price per million tokens; where it is the account's own, what others pay stands below it. */
import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { formatPerMillion } from "@/shared/lib/format";

type Amount = string | number | null | undefined;

interface Props {
  of: Amount;
  usual: Amount;
  /** Decimals, where it stands in a column. */
  digits?: number;
}

export function Price({ of, usual, digits }: Props) {
  const own = formatPerMillion(of, digits);
  const others = usual === undefined || usual === null ? own : formatPerMillion(usual, digits);
  return (
    <>
      {own}
      {others !== own && <Usual price={others} />}
    </>
  );
}

export function Usual({ price }: { price: string }) {
  const { t } = useTranslation();
  return (
    <Text size="xs" c="dimmed" fw={400}>
      <span className="mp-visually-hidden">{t("model.usually")} </span>
      <s>{price}</s>
    </Text>
  );
}
