import type { Kind, Me, Workspace, WorkspaceKind, WorkspaceList } from "@/lib/api/types";

import { kindObstacle } from "./kind-obstacle";

export interface OwnKind {
  kind: WorkspaceKind;
  /**
   * The live one first, then deleted ones that can be restored, newest first; empty before the
   * first launch.
   */
  workspaces: readonly Workspace[];
}

/**
 * The kinds that the person may have, the usual one first, and former kinds of which they still own
 * a workspace.
 */
export function ownKinds(me: Me, list: WorkspaceList): readonly OwnKind[] {
  const own = list.items.filter((workspace) => workspace.owner.id === me.id).sort(liveFirst);
  const kinds = new Set([...me.kinds, ...own.map(({ kind }) => kind)]);
  return [...kinds].map((kind) => ({ kind, workspaces: own.filter((workspace) => workspace.kind === kind) }));
}

/**
 * The kind to show first: one that runs, otherwise one that the person has, otherwise one that can
 * be launched.
 */
export function likelyKind(own: readonly OwnKind[], kinds: readonly Kind[]): WorkspaceKind | undefined {
  const likely =
    own.find(({ workspaces }) => workspaces.some(isUp)) ??
    own.find(({ workspaces }) => workspaces.some(({ state }) => state !== "deleted")) ??
    own.find(({ kind }) => kindObstacle(kind, kinds) === null) ??
    own[0];
  return likely?.kind;
}

/**
 * The workspace whose events are followed. Browsers allow few connections, so the others are
 * polled.
 */
export function workspaceToFollow(list: WorkspaceList | undefined, ownerId: string): Workspace | undefined {
  const own = list?.items.filter(({ owner }) => owner.id === ownerId).sort(liveFirst) ?? [];
  return own.find(isMoving) ?? own.find(isUp) ?? own[0];
}

export const isMoving = ({ state }: Workspace) => state === "starting" || state === "stopping";

const isUp = ({ state }: Workspace) => state !== "stopped" && state !== "deleted";

function liveFirst(a: Workspace, b: Workspace): number {
  if (a.deleted_at === null || b.deleted_at === null)
    return Number(a.deleted_at !== null) - Number(b.deleted_at !== null);
  return Date.parse(b.deleted_at) - Date.parse(a.deleted_at);
}
