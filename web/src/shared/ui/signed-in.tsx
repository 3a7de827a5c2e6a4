/** For pages of who is signed in: anybody else is led to the sign-in page, and back afterwards. */
import { Container } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useLocation, useNavigate } from "@tanstack/react-router";
import { type ReactNode, useEffect } from "react";
import { type Me, meQuery } from "@/shared/api/session";
import { Failed, LoadingRows } from "./states";

export function SignedIn({ under, children }: { under: string; children: (me: Me) => ReactNode }) {
  const me = useQuery(meQuery);
  const navigate = useNavigate();
  const location = useLocation();
  const here = location.href;
  const out = me.data === null;
  useEffect(() => {
    // While the sign-in page loads, the address is that page's already: this one is on its way out.
    if (out && here.startsWith(under)) void navigate({ to: "/sign-in", search: { to: here }, replace: true });
  }, [out, here, under, navigate]);
  if (me.data) return <>{children(me.data)}</>;
  return (
    <Container size="xl" w="100%" py="xl">
      {me.isError && <Failed error={me.error} retry={() => void me.refetch()} />}
      {me.isPending && <LoadingRows rows={4} />}
    </Container>
  );
}
