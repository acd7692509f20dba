import { useQuery } from "@tanstack/react-query";

import { answer, api } from "@/lib/api/client";

export function useInvitation(key: string | null) {
  return useQuery({
    queryKey: ["invitation", key],
    queryFn: ({ signal }) =>
      answer(api.GET("/api/invitations/{key}/", { params: { path: { key: key ?? "" } }, signal })),
    enabled: key !== null && key !== "",
    staleTime: Infinity,
  });
}
