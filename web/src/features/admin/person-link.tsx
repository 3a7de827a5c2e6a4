/** A person by their address, once that is known; by their id until then, and when they were erased. */
import { useQuery } from "@tanstack/react-query";
import { LinkAnchor } from "@/shared/ui/links";
import { userQuery } from "./queries";

export function PersonLink({ id }: { id: string }) {
  const user = useQuery({ ...userQuery(id), staleTime: 60_000 });
  return (
    <LinkAnchor to="/admin/users/$id" params={{ id }} underline="always" fz="inherit">
      {user.data?.data.email ?? id}
    </LinkAnchor>
  );
}
