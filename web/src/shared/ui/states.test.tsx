import { cleanup, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { ApiError } from "@/shared/api/client";
import { show } from "@/testing/show";
import { Failed } from "./states";

afterEach(cleanup);

test.each([
  [404, "Not found", 0],
  [503, "This could not be loaded", 1],
])("a %i says %s, and only what may pass can be tried again", async (status, title, buttons) => {
  show(<Failed error={new ApiError(status, "English", {})} retry={() => undefined} />);
  await screen.findByText(title);
  expect(screen.queryAllByRole("button", { name: "Try again" })).toHaveLength(buttons);
});
