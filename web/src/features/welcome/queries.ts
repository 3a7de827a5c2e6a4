/** How far one has come: what the account was really answered. */
import { queryOptions } from "@tanstack/react-query";
import { client, taken } from "@/shared/api/client";

const ASK_MS = 3000;
const LATEST = 100;

export interface Progress {
  /** A model has answered somebody of this account. */
  isAnswered: boolean;
  /** And it was code that asked, with an API key. */
  isCalled: boolean;
}

/** Looked for again until it is all there: one comes back here from a chat, or from a terminal. */
export const progressQuery = queryOptions({
  queryKey: ["welcome", "progress"],
  queryFn: async ({ signal }): Promise<Progress> => {
    const query = { status: "ok", limit: LATEST } as const;
    const { data } = await taken(client.GET("/api/app/generations", { params: { query }, signal }));
    return { isAnswered: data.length > 0, isCalled: data.some(({ key_id }) => key_id !== null) };
  },
  staleTime: 0,
  refetchInterval: ({ state }) => (state.data?.isCalled || state.error ? false : ASK_MS),
});
