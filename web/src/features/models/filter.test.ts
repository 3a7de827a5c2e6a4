import { expect, test } from "vitest";
import { sampleModel } from "@/testing/samples";
import { filterModels } from "./filter";
import { readModelsSearch } from "./search";

const models = [
  sampleModel("acme/large", {
    created: 3,
    context_length: 200_000,
    pricing: { prompt: "0.000005", completion: "0.00002" },
  }),
  sampleModel("acme/small:free", {
    created: 2,
    context_length: 8192,
    pricing: { prompt: "0", completion: "0" },
  }),
  sampleModel("other/seer", {
    created: 1,
    context_length: 32_768,
    description: "Large eyes.",
    supported_parameters: ["tools"],
    pricing: { prompt: "0.000001", completion: "0.000002" },
  }),
];
const ids = (search: Record<string, unknown>) =>
  filterModels(models, readModelsSearch(search)).map(({ id }) => id);

test("filters add up", () => {
  expect(ids({})).toEqual(["acme/large", "acme/small:free", "other/seer"]);
  expect(ids({ free: true })).toEqual(["acme/small:free"]);
  expect(ids({ authors: ["acme"], context: 10_000 })).toEqual(["acme/large"]);
  expect(ids({ params: ["tools"] })).toEqual(["other/seer"]);
  expect(ids({ maxPrice: 1 })).toEqual(["acme/small:free", "other/seer"]);
  expect(ids({ q: "nothing like it" })).toEqual([]);
});

test("what matches in the name stands before what matches in the description", () => {
  expect(ids({ q: "large", sort: "price-low" })).toEqual(["acme/large", "other/seer"]);
});

test("sorts", () => {
  expect(ids({ sort: "price-low" })).toEqual(["acme/small:free", "other/seer", "acme/large"]);
  expect(ids({ sort: "output-high" })[0]).toBe("acme/large");
  expect(ids({ sort: "context" })[0]).toBe("acme/large");
});

test("the account's own list is asked for by the address", () => {
  expect(readModelsSearch({ mine: true })).toEqual({ mine: true });
});

test("an address that makes no sense is read as far as it does", () => {
  expect(
    readModelsSearch({
      mine: "yes",
      q: 4,
      sort: "upwards",
      context: "many",
      free: "yes",
      input: "image",
      view: 3,
    }),
  ).toEqual({
    q: "4",
    input: ["image"],
  });
});
