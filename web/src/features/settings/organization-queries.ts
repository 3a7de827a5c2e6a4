/** What the pages of an organisation ask the server. */
import { queryOptions } from "@tanstack/react-query";
import { client, taken } from "@/shared/api/client";
import type { components } from "@/shared/api/schema";

export type Member = components["schemas"]["MemberShown"];
export type Invitation = components["schemas"]["InvitationShown"];
export type Role = components["schemas"]["Role"];

/** Roles that are given; an owner is made by handing over only. */
export const ROLES = ["admin", "member", "billing", "read-only"] as const;
export type Given = (typeof ROLES)[number];

export function givenRole(text: string | null): Given {
  return ROLES.find((each) => each === text) ?? "member";
}

export const membersQuery = queryOptions({
  queryKey: ["members"],
  queryFn: async ({ signal }): Promise<Member[]> =>
    (await taken(client.GET("/api/app/members", { signal }))).data,
});

export const invitationsQuery = queryOptions({
  queryKey: ["invitations"],
  queryFn: async ({ signal }): Promise<Invitation[]> =>
    (await taken(client.GET("/api/app/invitations", { signal }))).data,
});
