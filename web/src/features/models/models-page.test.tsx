import { cleanup, fireEvent, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { sampleModel } from "@/testing/samples";
import { serve, show } from "@/testing/show";
import { ModelsPage } from "./models-page";

const served = {
  "/api/v1/models": { data: [sampleModel("acme/one"), sampleModel("acme/two")] },
  "/api/app/prices": { data: {} },
  "/api/app/me": 401,
  "/api/app/market": { models: [], providers: {} },
};

afterEach(cleanup);

test("what only the market's figures can tell is not called empty where they could not be had", async () => {
  serve({ ...served, "/api/app/market": 500 });
  const { router } = show(<ModelsPage />, "/models", { policy: "zdr" });
  expect((await screen.findByRole("alert")).textContent).toContain("could not be loaded");
  expect(screen.queryByText("No model matches")).toBeNull();
  // Every other list does without them.
  await router.navigate({ to: "/models", search: {} });
  await screen.findByText("2 models");
  expect(screen.queryByRole("alert")).toBeNull();
});

test("a filter is a step that the back button undoes; what is typed is one step", async () => {
  serve(served);
  const { router } = show(<ModelsPage />, "/models");
  await screen.findByText("2 models");
  const steps = () => router.history.length;
  const before = steps();
  fireEvent.click(screen.getByRole("switch", { name: "Free models only" }));
  await screen.findByText("0 models");
  expect(steps()).toBe(before + 1);
  router.history.back();
  await screen.findByText("2 models");
  const field = screen.getByRole("textbox", { name: "Search by name, id or description" });
  for (const [typed, found] of [
    ["o", "2 models"],
    ["one", "1 model"],
  ] as const) {
    fireEvent.change(field, { target: { value: typed } });
    await screen.findByText(found);
    await expect.poll(() => router.state.location.search).toEqual({ q: typed });
  }
  router.history.back();
  await expect.poll(() => router.state.location.search).toEqual({});
});

test("who types on while the address follows loses no letter", async () => {
  serve(served);
  const { router } = show(<ModelsPage />, "/models");
  const field = await screen.findByRole<HTMLInputElement>("textbox", {
    name: "Search by name, id or description",
  });
  fireEvent.change(field, { target: { value: "o" } });
  await expect.poll(() => router.state.location.search).toEqual({ q: "o" });
  fireEvent.change(field, { target: { value: "on" } });
  await screen.findByText("2 models");
  expect(field.value).toBe("on");
  await expect.poll(() => router.state.location.search).toEqual({ q: "on" });
  await router.navigate({ to: "/models", search: {} });
  await expect.poll(() => field.value).toBe("");
});
