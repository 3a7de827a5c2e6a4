/** What the operators' pages ask the server about people, accounts and what was done. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { client, taken } from "@/shared/api/client";
import type { components } from "@/shared/api/schema";
import type { AccountsSearch, AuditSearch } from "./search";

type Schemas = components["schemas"];
export type UserData = Schemas["UserData"];
export type AccountData = Schemas["AccountData"];
export type AccountAnswer = Schemas["AccountAnswer"];
export type EntryData = Schemas["EntryData"];

export const overviewQuery = (days: number) =>
  queryOptions({
    queryKey: ["admin", "overview", days],
    queryFn: ({ signal }) =>
      taken(client.GET("/api/admin/overview", { params: { query: { days } }, signal })),
  });

export const usersQuery = (q: string) =>
  infiniteQueryOptions({
    queryKey: ["admin", "users", q],
    queryFn: ({ pageParam, signal }) =>
      taken(
        client.GET("/api/admin/users", { params: { query: { q: q || null, after: pageParam } }, signal }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
  });

export const userQuery = (user_id: string) =>
  queryOptions({
    queryKey: ["admin", "user", user_id],
    queryFn: ({ signal }) =>
      taken(client.GET("/api/admin/users/{user_id}", { params: { path: { user_id } }, signal })),
  });

export const accountsQuery = ({ q, group }: AccountsSearch) =>
  infiniteQueryOptions({
    queryKey: ["admin", "accounts", q, group],
    queryFn: ({ pageParam, signal }) =>
      taken(client.GET("/api/admin/accounts", { params: { query: { q, group, after: pageParam } }, signal })),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
  });

export const accountQuery = (account_id: string) =>
  queryOptions({
    queryKey: ["admin", "account", account_id],
    queryFn: ({ signal }) =>
      taken(client.GET("/api/admin/accounts/{account_id}", { params: { path: { account_id } }, signal })),
  });

/** Of whoever has this address; an address that nobody has is nobody's id. */
async function idOf(email: string, signal: AbortSignal): Promise<string> {
  const found = await taken(client.GET("/api/admin/users", { params: { query: { q: email } }, signal }));
  return found.data.find((person) => person.email === email.trim().toLowerCase())?.id ?? email;
}

export const auditQuery = ({ action, user, account, subject }: AuditSearch) =>
  infiniteQueryOptions({
    queryKey: ["admin", "audit", action, user, account, subject],
    queryFn: async ({ pageParam, signal }) =>
      taken(
        client.GET("/api/admin/audit", {
          params: {
            query: {
              action,
              user_id: user?.includes("@") ? await idOf(user, signal) : user,
              account_id: account,
              subject,
              before: pageParam,
            },
          },
          signal,
        }),
      ),
    initialPageParam: null as number | null,
    getNextPageParam: ({ next }) => next,
  });
