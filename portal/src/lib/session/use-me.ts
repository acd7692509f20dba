import { queryOptions, useQuery } from "@tanstack/react-query";

import { answer, api } from "@/lib/api/client";

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => answer(api.GET("/api/me/", { signal })),
  staleTime: 60_000,
});

/** The signed-in person. A 401 leads to the sign-in page (app/providers). */
export function useMe() {
  return useQuery(meQuery);
}
