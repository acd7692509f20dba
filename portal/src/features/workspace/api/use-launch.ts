import { answer, api } from "@/lib/api/client";
import type { WorkspaceKind } from "@/lib/api/types";

import { useWorkspaceMutation } from "./use-workspace-mutation";

/** Creates the workspace of this kind if there is none, and launches it. Safe to repeat. */
export function useLaunch() {
  return useWorkspaceMutation((kind: WorkspaceKind) => answer(api.POST("/api/workspace/create/", { body: { kind } })));
}
