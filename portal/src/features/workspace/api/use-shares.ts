import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { answer, api } from "@/lib/api/client";
import type { Audience, ShareList } from "@/lib/api/types";

const key = (workspaceId: string) => ["workspaces", workspaceId, "shares"];
const at = (workspaceId: string, port: number) => ({ params: { path: { workspace_id: workspaceId, port } } });

/** The shared ports of a workspace, and with whom its owner may share. */
export function useShares(workspaceId: string): ShareList | undefined {
  return useQuery({
    queryKey: key(workspaceId),
    queryFn: ({ signal }) =>
      answer(
        api.GET("/api/workspace/{workspace_id}/shares/", { params: { path: { workspace_id: workspaceId } }, signal }),
      ),
  }).data;
}

export function useSharePort(workspaceId: string, port: number) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: { audience: Audience; hours: number }) =>
      answer(api.PUT("/api/workspace/{workspace_id}/shares/{port}/", { ...at(workspaceId, port), body })),
    onSettled: () => queryClient.invalidateQueries({ queryKey: key(workspaceId) }),
  });
}

export function useEndShare(workspaceId: string, port: number) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () => answer(api.DELETE("/api/workspace/{workspace_id}/shares/{port}/", at(workspaceId, port))),
    onSettled: () => queryClient.invalidateQueries({ queryKey: key(workspaceId) }),
  });
}
