import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { answer, api } from "@/lib/api/client";
import type { WorkspaceSize } from "@/lib/api/types";

const sizesQuery = queryOptions({
  queryKey: ["sizes"],
  queryFn: ({ signal }) => answer(api.GET("/api/workspace/sizes/", { signal })),
});

/** What each size means here, and which of them this person may choose. */
export function useSizes() {
  return useQuery(sizesQuery);
}

/** Null: what the school decides. */
export function useChooseSize() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (size: WorkspaceSize | null) => answer(api.PUT("/api/workspace/sizes/", { body: { size } })),
    onSuccess: (sizes) => queryClient.setQueryData(sizesQuery.queryKey, sizes),
    // Refused: what the cohort allows may have changed since this page was opened.
    onError: () => queryClient.invalidateQueries({ queryKey: sizesQuery.queryKey }),
  });
}
