import { useMutation, useQueryClient } from "@tanstack/react-query";

import { cohortQuery } from "./cohort-cache";
import { usePutMember } from "./use-put-member";

/** Out of one cohort into another: both change. */
export function useMoveMember(fromId: string) {
  const queryClient = useQueryClient();
  const put = usePutMember();
  return useMutation({
    mutationFn: (where: { cohortId: string; studentId: string }) => put.mutateAsync(where),
    onSettled: () => queryClient.invalidateQueries({ queryKey: cohortQuery(fromId).queryKey }),
  });
}
