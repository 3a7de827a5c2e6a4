/** Every price of a model, each with its unit. */
import { Table, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Model } from "@/shared/api/models";
import { digitsOf, formatPerMillion, formatUsd } from "@/shared/lib/format";
import { Usual } from "@/shared/ui/price";

const TOKEN_PRICES = [
  "prompt",
  "completion",
  "input_cache_read",
  "input_cache_write",
  "input_cache_write_1h",
  "internal_reasoning",
  "image_token",
  "audio",
  "audio_output",
] as const;
const UNIT_PRICES = ["request", "image", "image_output", "web_search"] as const;

export function PriceList({ model }: { model: Model }) {
  const { t } = useTranslation();
  const { pricing, usual = pricing } = model;
  const digits = digitsOf(TOKEN_PRICES.flatMap((key) => [pricing[key], usual[key]]));
  const rows: { name: string; price: string; usual: string; unit: string }[] = [];
  for (const key of TOKEN_PRICES) {
    const price = pricing[key];
    if (price !== undefined && price !== null) {
      rows.push({
        name: t(`model.prices.${key}`),
        price: formatPerMillion(price, digits),
        usual: formatPerMillion(usual[key], digits),
        unit: t("models.perMillion"),
      });
    }
  }
  for (const key of UNIT_PRICES) {
    const price = pricing[key];
    if (price !== undefined && price !== null && Number(price) > 0) {
      rows.push({
        name: t(`model.prices.${key}`),
        price: formatUsd(Number(price)),
        usual: formatUsd(Number(usual[key])),
        unit: t(`model.units.${key}`),
      });
    }
  }
  return (
    <section aria-labelledby="prices">
      <Title order={2} mb="sm" id="prices">
        {t("model.pricing")}
      </Title>
      <Table aria-labelledby="prices" maw={520} verticalSpacing={8}>
        <Table.Tbody>
          {rows.map(({ name, price, usual: others, unit }) => (
            <Table.Tr key={name}>
              <Table.Th scope="row" fw={500}>
                {name}
              </Table.Th>
              <Table.Td className="mp-num">
                {price}
                {others !== price && <Usual price={others} />}
              </Table.Td>
              <Table.Td c="dimmed">{unit}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}
