import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { answer, api } from "@/lib/api/client";
import { ApiError } from "@/lib/api/errors";
import type { PutBackResult } from "@/lib/api/types";

/** In the place of a checkpoint's id: the files as they are. */
export const NOW = "now";
const AGAIN_MS = 30_000;
const STEP_MS = 500;

export interface Place {
  workspace: string;
  checkpoint: string;
  /** Percent-encoded, below the home; empty: the home. */
  path: string;
}

const inPath = ({ workspace, checkpoint }: Place) => ({ workspace_id: workspace, checkpoint_id: checkpoint });
const keyOf = (workspace: string) => ["history", workspace];

export function useHistory(workspace: string | null) {
  return useQuery({
    queryKey: keyOf(workspace ?? ""),
    enabled: workspace !== null,
    queryFn: ({ signal }) =>
      answer(
        api.GET("/api/workspace/{workspace_id}/history/", {
          params: { path: { workspace_id: workspace ?? "" } },
          signal,
        }),
      ),
    refetchInterval: AGAIN_MS,
  });
}

/** What is kept never changes; what is there now does. */
const staleTime = ({ checkpoint }: Place) => (checkpoint === NOW ? 0 : Infinity);

export function useFolder(place: Place) {
  return useQuery({
    queryKey: [...keyOf(place.workspace), place.checkpoint, "folder", place.path],
    staleTime: staleTime(place),
    queryFn: ({ signal }) =>
      answer(
        api.GET("/api/workspace/{workspace_id}/history/{checkpoint_id}/folder/", {
          params: { path: inPath(place), query: { path: place.path } },
          signal,
        }),
      ),
  });
}

export function useFile(place: Place, against: string) {
  return useQuery({
    queryKey: [...keyOf(place.workspace), place.checkpoint, "file", place.path, against],
    staleTime: against === NOW ? 0 : staleTime(place),
    queryFn: ({ signal }) =>
      answer(
        api.GET("/api/workspace/{workspace_id}/history/{checkpoint_id}/file/", {
          params: { path: inPath(place), query: { path: place.path, against } },
          signal,
        }),
      ),
  });
}

/** Brings a file, a folder or everything back, and waits until that is done. */
export function usePutBack(place: Place) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async () => {
      const ask = (continues: string): Promise<PutBackResult> =>
        answer(
          api.POST("/api/workspace/{workspace_id}/history/{checkpoint_id}/put-back/", {
            params: { path: inPath(place) },
            body: { path: place.path, continues },
          }),
        );
      let result = await ask("");
      while (result.state === "working") {
        await new Promise((later) => setTimeout(later, STEP_MS));
        result = await ask(result.continues);
      }
      if (result.state === "failed") throw new ApiError(409, "put_back_failed", result.failure);
      return result;
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: keyOf(place.workspace) }),
  });
}

/** Where the browser saves a file from; the backend says that it is to be saved. */
export function fileAddress({ workspace, checkpoint, path }: Place): string {
  return `/api/workspace/${workspace}/history/${checkpoint}/download/?path=${encodeURIComponent(path)}`;
}
