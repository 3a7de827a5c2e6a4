import { expect, test } from "vitest";
import { readAppSearch, readAppsSearch } from "./search";

test("what is the default, or makes no sense, is not said", () => {
  expect(readAppsSearch({ span: "week", sort: "popular", group: "coding", category: "CLI agent!" })).toEqual({
    group: "coding",
  });
  expect(readAppsSearch({ span: "day", sort: "trending", category: "cli-agent" })).toEqual({
    span: "day",
    sort: "trending",
    category: "cli-agent",
  });
  expect(readAppSearch({ span: "month" })).toEqual({});
  expect(readAppSearch({ span: "week" })).toEqual({ span: "week" });
});
