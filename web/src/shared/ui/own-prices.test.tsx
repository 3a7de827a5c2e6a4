import { MantineProvider } from "@mantine/core";
import { cleanup, render } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { OwnPrices } from "./own-prices";
import { Price } from "./price";

afterEach(cleanup);

test("own prices are said to be so, and only they", () => {
  const { container, rerender } = render(<OwnPrices of={[{ usual: {} }, {}]} after=" · " />);
  expect(container.textContent).toBe(" · Prices are your account’s own.");
  rerender(<OwnPrices of={[{ usual: {} }]} isStruck />);
  expect(container.textContent).toContain("struck out");
  rerender(<OwnPrices of={[{}]} />);
  expect(container.textContent).toBe("");
});

test("a price in a column has the column's decimals, and so has what others pay", () => {
  const { container } = render(
    <MantineProvider env="test">
      <Price of="0.000003" usual="0.00000405" digits={3} />
    </MantineProvider>,
  );
  expect(container.textContent).toContain("$3.000");
  expect(container.querySelector("s")?.textContent).toBe("$4.050");
});
