/** Who is signed in, and what this server offers. */
import { queryOptions, useQuery } from "@tanstack/react-query";
import { ApiError, client, taken } from "./client";
import type { components } from "./schema";

export type Me = components["schemas"]["Whole"];
export type Features = components["schemas"]["Features"];
export type Entered = components["schemas"]["Entered"];

/** Null when nobody is signed in. */
export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: async ({ signal }): Promise<Me | null> => {
    try {
      return await taken(client.GET("/api/app/me", { signal }));
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: 60_000,
});

export const featuresQuery = queryOptions({
  queryKey: ["features"],
  queryFn: ({ signal }): Promise<Features> => taken(client.GET("/api/app/features", { signal })),
  staleTime: 600_000,
});

/** The person signed in; null when nobody is, undefined until that is known. */
export function useMe(): Me | null | undefined {
  return useQuery(meQuery).data;
}

export type Permission = Me["permissions"][number];

/** Whether the person may do something in the account looked at. The server has the last word. */
export function useMay(): (permission: Permission) => boolean {
  const me = useMe();
  return (permission) => me?.permissions.includes(permission) ?? false;
}

/** The account looked at, of those the person is in. */
export function accountOf(me: Me): Me["accounts"][number] | undefined {
  return me.accounts.find(({ id }) => id === me.account_id);
}
