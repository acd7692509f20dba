import { answer, api } from "@/lib/api/client";

import { useWorkspaceMutation } from "./use-workspace-mutation";

export function useKeepRunning(workspaceId: string) {
  return useWorkspaceMutation((hours: number) =>
    answer(
      api.POST("/api/workspace/{workspace_id}/keep-running/", {
        params: { path: { workspace_id: workspaceId } },
        body: { hours },
      }),
    ),
  );
}
