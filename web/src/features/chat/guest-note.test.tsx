import { cleanup, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { serve, show } from "@/testing/show";
import { FaultText } from "./fault-text";
import { GuestNote } from "./guest-note";

afterEach(cleanup);

const features = (may: boolean, count: number) => ({
  "/api/app/me": 401,
  "/api/app/features": { guests_may_try: may, guest_requests_per_day: count },
});

test.each([
  [true, 20, "You can try the free models without an account, 20 times a day."],
  [true, 0, "You can try the free models without an account."],
  [false, 20, "Sign in to chat. Your conversation stays in this browser."],
])("a guest is told what may be tried: %o, %i", async (may, count, told) => {
  serve(features(may, count));
  show(
    <p>
      <GuestNote />
    </p>,
  );
  expect((await screen.findByText(told, { exact: false })).textContent).toBe(`${told} Sign in`);
  expect(screen.getByRole("link", { name: "Sign in" }).getAttribute("href")).toContain("to=");
});

test("a guest who asks for what costs, or too much, is led to signing in", async () => {
  serve(features(true, 20));
  const costs = { status: 401, message: "", retryAfter: null };
  show(<FaultText fault={costs} />);
  await screen.findByText("Only free models can be tried without an account.", { exact: false });
  cleanup();
  const spent = { status: 429, message: "", retryAfter: 9, metadata: { limit_source: "modelport_guests" } };
  show(<FaultText fault={spent} />);
  await screen.findByText("This is as much as can be tried without an account for now.", { exact: false });
  expect(screen.getByRole("link", { name: "Sign in" })).toBeTruthy();
});
