import { answer, api } from "@/lib/api/client";

import { useWorkspaceMutation } from "./use-workspace-mutation";

export function useUndelete(workspaceId: string) {
  return useWorkspaceMutation(() =>
    answer(api.POST("/api/workspace/{workspace_id}/undelete/", { params: { path: { workspace_id: workspaceId } } })),
  );
}
