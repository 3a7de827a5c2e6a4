import { cleanup, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { sampleModel } from "@/testing/samples";
import { serve, show } from "@/testing/show";
import { WelcomePage } from "./welcome-page";

const free = sampleModel("acme/echo:free", { pricing: { prompt: "0", completion: "0" } });
const me = {
  user: { id: "user", email: "ada@example.test", name: null, is_operator: false },
  account_id: "account",
  accounts: [],
  permissions: ["activity:read"],
  visit: null,
};
const server = {
  "/api/app/me": me,
  "/api/app/features": { local_model: true },
  "/api/app/prices": { data: {} },
  "/api/v1/models": { data: [free] },
};
const answered = (key_id: string | null) => ({ data: [{ id: "gen-1", key_id }], cursor: null });

afterEach(cleanup);

test("a model that is ready is not yet one that was talked to", async () => {
  serve({ ...server, "/api/app/generations": { data: [], cursor: null } });
  show(<WelcomePage />);
  await screen.findByText("Talk to it");
  expect(screen.queryByRole("img", { name: "Done" })).toBeNull();
});

test("an answer in the chat ticks the first step, a call with a key the second as well", async () => {
  serve({ ...server, "/api/app/generations": answered(null) });
  const shown = show(<WelcomePage />);
  expect(await screen.findAllByRole("img", { name: "Done" })).toHaveLength(1);
  shown.unmount();
  serve({ ...server, "/api/app/generations": answered("key_1") });
  show(<WelcomePage />);
  expect(await screen.findAllByRole("img", { name: "Done" })).toHaveLength(2);
});

test("who may not read what was used sees no fault, and nothing ticked", async () => {
  serve({ ...server, "/api/app/generations": 403 });
  show(<WelcomePage />);
  await screen.findByText("Talk to it");
  expect(screen.queryByRole("img", { name: "Done" })).toBeNull();
  expect(screen.queryByRole("alert")).toBeNull();
});
