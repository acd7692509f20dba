import { useQuery } from "@tanstack/react-query";

import type { WorkspaceList } from "@/lib/api/types";

import { isMoving } from "../model/own-workspaces";
import { workspacesQuery } from "./workspace-cache";

/**
 * Polling is the fallback: rare while events arrive, frequent while a state changes without events.
 */
export function useWorkspaces(liveId: string | null) {
  return useQuery({
    ...workspacesQuery,
    refetchInterval: ({ state }) => pollInterval(state.data, liveId, state.status === "error"),
    refetchOnWindowFocus: true,
  });
}

/** `liveId`: the workspace whose events arrive, so that it needs no polling. */
export function pollInterval(list: WorkspaceList | undefined, liveId: string | null, failing: boolean): number {
  if (failing || list === undefined) return 5_000;
  const silent = list.items.filter(({ id }) => id !== liveId);
  if (silent.some(isMoving)) return 1_500;
  if (liveId === null) return list.kinds.some(({ ready }) => !ready) ? 4_000 : 20_000;
  return silent.some(({ state }) => state === "running") ? 20_000 : 60_000;
}
