import { queryOptions, useQuery } from "@tanstack/react-query";

import { allauth } from "@/lib/allauth/client";
import type { AllauthConfig, UserSession } from "@/lib/allauth/types";

/** Where the person is signed in; null when this installation keeps no list. */
export const sessionsQuery = queryOptions({
  queryKey: ["sessions"],
  queryFn: async () => {
    const config = (await allauth("/config")).data as AllauthConfig;
    if (config.usersessions === undefined) return null;
    return (await allauth("/auth/sessions")).data as UserSession[];
  },
});

export function useSessions() {
  return useQuery(sessionsQuery);
}
