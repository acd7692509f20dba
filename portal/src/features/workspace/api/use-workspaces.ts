import { useQuery } from "@tanstack/react-query";

import type { WorkspaceList } from "@/lib/api/types";

import { workspacesQuery } from "./workspace-cache";

/** Polling is the fallback: rare while live events arrive, quick while something moves and none do. */
export function useWorkspaces(live: boolean) {
  return useQuery({
    ...workspacesQuery,
    refetchInterval: ({ state }) => pollInterval(state.data, live, state.status === "error"),
    refetchOnWindowFocus: true,
  });
}

export function pollInterval(list: WorkspaceList | undefined, live: boolean, failing: boolean): number {
  if (failing || list === undefined) return 5_000;
  if (live) return 60_000;
  if (list.items.some(({ state }) => state === "starting" || state === "stopping")) return 1_500;
  return list.kinds.some(({ ready }) => !ready) ? 4_000 : 20_000;
}
