import { MantineProvider } from "@mantine/core";
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { Chart } from "./chart";

afterEach(cleanup);

test("what was not measured is said to be so, not drawn as an empty axis", () => {
  const chart = (values: (number | null)[]) => (
    <MantineProvider env="test">
      <Chart title="Speed" labels={["Mon", "Tue"]} series={[{ name: "One", values }]} format={String} />
    </MantineProvider>
  );
  const { rerender } = render(chart([null, null]));
  expect(screen.getByText("Not measured in this period.")).toBeTruthy();
  expect(screen.queryByText("As a table")).toBeNull();
  rerender(chart([null, 0]));
  expect(screen.queryByText("Not measured in this period.")).toBeNull();
  expect(screen.getByText("As a table")).toBeTruthy();
});
