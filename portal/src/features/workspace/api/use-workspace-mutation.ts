import { useMutation, useQueryClient } from "@tanstack/react-query";

import { ApiError } from "@/lib/api/errors";
import type { Workspace } from "@/lib/api/types";
import { meQuery } from "@/lib/session/use-me";

import { putWorkspace, workspacesQuery } from "./workspace-cache";

/** A change of a workspace whose answer is the workspace: the answer is shown at once, a failure reads the truth again. */
export function useWorkspaceMutation<Variables = void>(mutationFn: (variables: Variables) => Promise<Workspace>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn,
    onSuccess: (workspace) => putWorkspace(queryClient, workspace),
    onError: (error) => {
      // Refused: the account may have another role or track since this page was opened.
      if (error instanceof ApiError && error.status === 403)
        void queryClient.invalidateQueries({ queryKey: meQuery.queryKey });
      return queryClient.invalidateQueries({ queryKey: workspacesQuery.queryKey });
    },
  });
}
