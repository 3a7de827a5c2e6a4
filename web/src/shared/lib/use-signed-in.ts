/** For pages of one's own: who is signed in; whoever is not is led to the sign-in page, and from there back here. */
import { useQuery } from "@tanstack/react-query";
import { useLocation, useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { type Me, meQuery } from "@/shared/api/session";

/** Null or undefined while nothing of one's own can be shown. */
export function useSignedIn(): Me | null | undefined {
  const me = useQuery(meQuery);
  const navigate = useNavigate();
  const location = useLocation();
  // Where one was: while the sign-in page loads, the address is that page's already.
  const [here] = useState(location.href);
  // A page may begin anew while that one loads: then it is not the one to come back to.
  const out = me.data === null && !/^\/sign-in(?:$|[/?#])/.test(here);
  useEffect(() => {
    if (out) void navigate({ to: "/sign-in", search: { to: here }, replace: true });
  }, [out, here, navigate]);
  return me.data;
}
