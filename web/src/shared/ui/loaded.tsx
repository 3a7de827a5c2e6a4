/** What a query gave, once it has; until then rows of its shape, and where it failed why and another try. */
import type { ReactNode } from "react";
import { Failed, LoadingRows } from "./states";

interface Asked<T> {
  data: T | undefined;
  isPending: boolean;
  isError: boolean;
  error: unknown;
  refetch: () => unknown;
}

export function Loaded<T>({
  query,
  rows = 4,
  children,
}: {
  query: Asked<T>;
  rows?: number;
  children: (data: T) => ReactNode;
}) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.isError) return <Failed error={query.error} retry={() => void query.refetch()} />;
  return query.isPending ? <LoadingRows rows={rows} /> : null;
}
