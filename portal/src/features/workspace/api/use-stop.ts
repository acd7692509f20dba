import { answer, api } from "@/lib/api/client";

import { useWorkspaceMutation } from "./use-workspace-mutation";

export function useStop(workspaceId: string) {
  return useWorkspaceMutation(() =>
    answer(api.POST("/api/workspace/{workspace_id}/stop/", { params: { path: { workspace_id: workspaceId } } })),
  );
}
