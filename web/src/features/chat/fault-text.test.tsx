import { cleanup, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { useMe } from "@/shared/api/session";
import { serve, show } from "@/testing/show";
import { FaultText } from "./fault-text";

afterEach(cleanup);

function Who() {
  return <p>{useMe() ? "somebody" : "nobody"}</p>;
}

test("a session that has ended while one chats is noticed by the whole page", async () => {
  const served: Record<string, unknown> = { "/api/app/me": { user: { email: "ada@example.test" } } };
  serve(served);
  const fault = { status: 401, message: "", retryAfter: null };
  const shown = show(<Who />);
  await screen.findByText("somebody");
  shown.unmount();
  const fetched = vi.spyOn(globalThis, "fetch");
  show(
    <>
      <Who />
      <FaultText fault={fault} />
    </>,
  );
  // Asked once for who is signed in, then again because an answer was refused.
  await vi.waitFor(() => expect(fetched.mock.calls.length).toBeGreaterThan(1));
  served["/api/app/me"] = 401;
  expect(screen.getByRole("link", { name: "Sign in" }).getAttribute("href")).toContain("to=");
});
