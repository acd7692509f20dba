import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { answer, api } from "@/lib/api/client";
import type { HelpState } from "@/lib/api/types";

/** Somebody may lower the hand, or come to help, while the page is shown. */
const POLL_MS = 5_000;

const helpQuery = queryOptions({
  queryKey: ["help"],
  queryFn: ({ signal }) => answer(api.GET("/api/help/", { signal })),
});

export function useHelp(): HelpState | undefined {
  return useQuery({ ...helpQuery, refetchInterval: POLL_MS }).data;
}

export function useRaiseHand() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (raised: boolean) => answer(raised ? api.PUT("/api/help/") : api.DELETE("/api/help/")),
    onSuccess: (state) => queryClient.setQueryData(helpQuery.queryKey, state),
  });
}
