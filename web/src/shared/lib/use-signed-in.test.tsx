import { cleanup, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { serve, show } from "@/testing/show";
import { useSignedIn } from "./use-signed-in";

afterEach(cleanup);

function Own() {
  return <p>{useSignedIn() === null ? "nobody" : "…"}</p>;
}

test("whoever is not signed in is led to the sign-in page, and from there back", async () => {
  serve({ "/api/app/me": 401 });
  const { router } = show(<Own />, "/welcome");
  await expect.poll(() => router.state.location.href).toBe("/sign-in?to=%2Fwelcome");
});

test("a page that begins anew while the sign-in page loads does not lead back to that", async () => {
  serve({ "/api/app/me": 401 });
  const { router } = show(<Own />, "/sign-in", { to: "/welcome" });
  await screen.findByText("nobody");
  expect(router.state.location.search).toEqual({ to: "/welcome" });
});
