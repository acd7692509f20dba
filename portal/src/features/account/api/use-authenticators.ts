import { queryOptions, useQuery } from "@tanstack/react-query";

import { allauth } from "@/lib/allauth/client";
import type { Authenticator } from "@/lib/allauth/types";

export const authenticatorsQuery = queryOptions({
  queryKey: ["authenticators"],
  queryFn: async () => (await allauth("/account/authenticators")).data as Authenticator[],
});

export function useAuthenticators() {
  return useQuery(authenticatorsQuery);
}
