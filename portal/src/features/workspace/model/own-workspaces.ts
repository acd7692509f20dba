import type { Me, Workspace, WorkspaceKind, WorkspaceList } from "@/lib/api/types";

export interface OwnWorkspace {
  kind: WorkspaceKind;
  workspace: Workspace | null;
}

/** A card for each workspace that the person owns, and for each of their kinds that they have not launched yet. */
export function ownWorkspaces(me: Me, list: WorkspaceList): readonly OwnWorkspace[] {
  const own = list.items.filter((workspace) => workspace.owner.id === me.id);
  const missing = me.kinds.filter((kind) => !own.some((workspace) => workspace.kind === kind));
  return [
    ...own.map((workspace) => ({ kind: workspace.kind, workspace })),
    ...missing.map((kind) => ({ kind, workspace: null })),
  ];
}
