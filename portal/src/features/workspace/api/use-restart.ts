import { answer, api } from "@/lib/api/client";

import { useWorkspaceMutation } from "./use-workspace-mutation";

export function useRestart(workspaceId: string) {
  return useWorkspaceMutation(() =>
    answer(api.POST("/api/workspace/{workspace_id}/restart/", { params: { path: { workspace_id: workspaceId } } })),
  );
}
