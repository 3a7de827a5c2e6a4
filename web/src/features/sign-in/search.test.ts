import { describe, expect, it } from "vitest";
import { readSignInSearch, ticketOf } from "./search";

describe("the sign-in page's address", () => {
  it("takes no other host as the place to go to", () => {
    expect(readSignInSearch({ to: "//evil.example" })).toEqual({});
    expect(readSignInSearch({ next: "/keys" })).toEqual({ to: "/keys" });
  });

  it("knows why an identity provider signed nobody in, and shows nobody else's words", () => {
    expect(readSignInSearch({ error: "refused" })).toEqual({ error: "refused" });
    expect(readSignInSearch({ error: "Call this number" })).toEqual({});
  });

  it("brings the ticket for a second factor after the hash", () => {
    expect(ticketOf("#second-factor=a%2Fb")).toBe("a/b");
    expect(ticketOf("")).toBeNull();
  });
});
