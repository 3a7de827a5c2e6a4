import { cleanup, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { sampleModel } from "@/testing/samples";
import { serve, show } from "@/testing/show";
import { ChatPage } from "./chat-page";

const served = {
  "/api/v1/models": { data: [sampleModel("acme/one")] },
  "/api/app/prices": { data: {} },
  "/api/app/me": 401,
};

afterEach(cleanup);

test("a model that is not here is said so, and another takes its place", async () => {
  serve(served);
  show(<ChatPage />, "/chat", { model: "acme/retired" });
  await screen.findByText("Not available here: acme/retired");
  // And that one has to sign in stands there before one has written anything.
  expect((await screen.findByText(/Sign in to chat/)).querySelector("a")?.href).toContain("/sign-in?to=");
  expect(screen.getAllByText("acme/one").length).toBeGreaterThan(0);
});
