import { answer, api } from "@/lib/api/client";

import { useWorkspaceMutation } from "./use-workspace-mutation";

export function useDelete(workspaceId: string) {
  return useWorkspaceMutation((name: string) =>
    answer(
      api.DELETE("/api/workspace/{workspace_id}/", { params: { path: { workspace_id: workspaceId } }, body: { name } }),
    ),
  );
}
