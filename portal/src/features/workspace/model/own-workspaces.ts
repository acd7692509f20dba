import type { Me, Workspace, WorkspaceKind, WorkspaceList } from "@/lib/api/types";
import { isStaff } from "@/lib/roles";

export interface OwnWorkspace {
  kind: WorkspaceKind;
  workspace: Workspace | null;
}

/**
 * The workspaces that the person owns, and the kinds that they may have and have not launched yet. Staff may have every
 * kind but seldom want more than one, so that theirs are only offered as long as they have none.
 */
export function ownWorkspaces(me: Me, list: WorkspaceList): readonly OwnWorkspace[] {
  const existing = list.items.filter((workspace) => workspace.owner.id === me.id);
  const missing = me.kinds.filter((kind) => !existing.some((workspace) => workspace.kind === kind));
  const offered = isStaff(me.role) && existing.length > 0 ? [] : missing;
  return [
    ...existing.map((workspace) => ({ kind: workspace.kind, workspace })),
    ...offered.map((kind) => ({ kind, workspace: null })),
  ];
}
