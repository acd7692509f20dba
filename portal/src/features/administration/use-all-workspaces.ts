import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { answer, api } from "@/lib/api/client";
import type { paths } from "@/lib/api/schema.gen";
import type { Programs, WorkspacePage, WorkspaceRow } from "@/lib/api/types";
import type { StreamNews } from "@/lib/event-stream/event-stream";
import { watchEventStream } from "@/lib/event-stream/watched-event-stream";

const POLL_MS = 5_000;
const RESTORE_MS = 1_500;

export type WorkspacesWanted = NonNullable<paths["/api/console/workspaces/"]["get"]["parameters"]["query"]>;

const key = (wanted: WorkspacesWanted) => ["console", "workspaces", wanted];

/** A page of all workspaces: from its event stream, and while that is broken by asking again. */
export function useAllWorkspaces(wanted: WorkspacesWanted) {
  const queryClient = useQueryClient();
  const [live, setLive] = useState(false);
  const query = new URLSearchParams(
    Object.entries(wanted).flatMap(([name, value]) => (value == null ? [] : [[name, String(value)]])),
  ).toString();
  useEffect(() => {
    const take = (news: StreamNews) => {
      if (news.about === "workspaces") queryClient.setQueryData(key(wanted), JSON.parse(news.json) as WorkspacePage);
      else if (news.about === "connection") setLive(news.state === "live");
    };
    return watchEventStream(`/api/console/workspaces/events/?${query}`, take);
    // `query` says all that `wanted` says.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [query, queryClient]);
  return useQuery({
    queryKey: key(wanted),
    queryFn: ({ signal }) => answer(api.GET("/api/console/workspaces/", { params: { query: wanted }, signal })),
    refetchInterval: live ? false : POLL_MS,
    staleTime: Infinity,
    placeholderData: keepPreviousData,
  });
}

/** Which programs stops would end: undefined at first, null when nobody can be asked. */
export function useAllPrograms(ids: string[]): readonly Programs[] | null | undefined {
  const { data, isError } = useQuery({
    queryKey: ["console", "programs", ids],
    queryFn: () => answer(api.GET("/api/console/workspaces/programs/", { params: { query: { ids } } })),
    enabled: ids.length > 0, // all of them may stop while the dialog is open
    gcTime: 0,
    retry: false,
  });
  if (ids.length === 0) return [];
  return isError ? null : data?.items;
}

/** Reloads every page of the list: the row may have moved to another one. */
function useWorkspacesMutation<Variables, Data>(mutationFn: (variables: Variables) => Promise<Data>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn,
    onSettled: () => queryClient.invalidateQueries({ queryKey: ["console", "workspaces"] }),
  });
}

export function useStopWorkspaces() {
  return useWorkspacesMutation((ids: string[]) => answer(api.POST("/api/console/workspaces/stop/", { body: { ids } })));
}

export function useRestartWorkspace(id: string) {
  return useWorkspacesMutation(() =>
    answer(api.POST("/api/console/workspaces/{workspace_id}/restart/", { params: { path: { workspace_id: id } } })),
  );
}

/** Snapshots of a workspace and how it stands; asked again and again while that changes by itself. */
export function useSnapshots(id: string) {
  return useQuery({
    queryKey: ["console", "workspaces", "snapshots", id],
    queryFn: () =>
      answer(api.GET("/api/console/workspaces/{workspace_id}/snapshots/", { params: { path: { workspace_id: id } } })),
    refetchInterval: ({ state: { data } }) =>
      data !== undefined && changesByItself(data.workspace) ? RESTORE_MS : false,
    gcTime: 0,
  });
}

function changesByItself({ state, restoring }: WorkspaceRow): boolean {
  return restoring || state === "stopping" || state === "starting";
}

export function useRestoreWorkspace(id: string) {
  return useWorkspacesMutation((snapshot: string) =>
    answer(
      api.POST("/api/console/workspaces/{workspace_id}/restore/", {
        params: { path: { workspace_id: id } },
        body: { snapshot },
      }),
    ),
  );
}

export function useKeepWorkspace(id: string) {
  return useWorkspacesMutation((hours: number) =>
    answer(
      api.POST("/api/console/workspaces/{workspace_id}/keep/", {
        params: { path: { workspace_id: id } },
        body: { hours },
      }),
    ),
  );
}
