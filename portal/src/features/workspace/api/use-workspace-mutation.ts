import { useMutation, useQueryClient } from "@tanstack/react-query";

import type { Workspace } from "@/lib/api/types";

import { putWorkspace, workspacesQuery } from "./workspace-cache";

/** A change of a workspace whose answer is the workspace: the answer is shown at once, a failure reads the truth again. */
export function useWorkspaceMutation<Variables = void>(mutationFn: (variables: Variables) => Promise<Workspace>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn,
    onSuccess: (workspace) => putWorkspace(queryClient, workspace),
    onError: () => queryClient.invalidateQueries({ queryKey: workspacesQuery.queryKey }),
  });
}
