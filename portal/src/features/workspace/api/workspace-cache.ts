import { type QueryClient, queryOptions } from "@tanstack/react-query";

import { answer, api } from "@/lib/api/client";
import type { Kind, Port, Workspace, WorkspaceList } from "@/lib/api/types";

/**
 * The only copy of the workspaces in the browser. Queries, mutations and events all write to it.
 */
export const workspacesQuery = queryOptions({
  queryKey: ["workspaces"],
  queryFn: ({ signal }) => answer(api.GET("/api/workspace/", { signal })),
});

export function putWorkspace(queryClient: QueryClient, workspace: Workspace): void {
  queryClient.setQueryData(workspacesQuery.queryKey, (list: WorkspaceList | undefined) => {
    if (list === undefined) return undefined;
    const known = list.items.some(({ id }) => id === workspace.id);
    const items = known
      ? list.items.map((item) => (item.id === workspace.id ? workspace : item))
      : [...list.items, workspace];
    return { ...list, items };
  });
}

export function putKinds(queryClient: QueryClient, kinds: Kind[]): void {
  queryClient.setQueryData(workspacesQuery.queryKey, (list: WorkspaceList | undefined) => list && { ...list, kinds });
}

export const portsKey = (workspaceId: string) => ["ports", workspaceId];

export function putPorts(queryClient: QueryClient, workspaceId: string, ports: Port[]): void {
  queryClient.setQueryData(portsKey(workspaceId), ports);
}

export function putNotices(queryClient: QueryClient, notices: string[]): void {
  queryClient.setQueryData(workspacesQuery.queryKey, (list: WorkspaceList | undefined) => list && { ...list, notices });
}
