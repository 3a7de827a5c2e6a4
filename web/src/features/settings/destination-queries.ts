/** What the page of observability destinations asks the server, and the kinds there are. */
import { queryOptions } from "@tanstack/react-query";
import { client, taken } from "@/shared/api/client";
import type { components } from "@/shared/api/schema";

export type Destination = components["schemas"]["DestinationData"];

export const destinationsQuery = queryOptions({
  queryKey: ["destinations"],
  queryFn: async ({ signal }): Promise<Destination[]> => {
    const query = { limit: 100 };
    return (await taken(client.GET("/api/v1/observability/destinations", { params: { query }, signal })))
      .data;
  },
});

/** What each kind wants to know; what is hidden is typed like a password. */
export const KINDS = {
  webhook: ["url"],
  "otel-collector": ["endpoint"],
  langfuse: ["publicKey", "secretKey", "baseUrl"],
  s3: ["bucketName", "region", "endpoint", "accessKeyId", "secretAccessKey"],
} as const;
export type Kind = keyof typeof KINDS;
export type Name = (typeof KINDS)[Kind][number];
export const HIDDEN: readonly Name[] = ["secretKey", "secretAccessKey"];
export const OPTIONAL: readonly Name[] = ["baseUrl", "region", "endpoint"];

export function kindOf(type: string): Kind {
  return type in KINDS ? (type as Kind) : "webhook";
}
