import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { answer, api } from "@/lib/api/client";
import { ApiError, isOutage } from "@/lib/api/errors";
import type { Programs, Workspace, WorkspaceKind } from "@/lib/api/types";
import { meQuery } from "@/lib/session/use-me";

import { putWorkspace, workspacesQuery } from "./workspace-cache";

/** Together ten seconds: longer than a part of the platform takes to restart. */
const OUTAGE_RETRIES = 8;
const OUTAGE_RETRY_MS = 1_250;

/**
 * A change that is answered with the changed workspace, which is shown at once. After a failure
 * everything is reloaded. All changes are safe to repeat, so an outage is waited out.
 */
function useWorkspaceMutation<Variables = void>(mutationFn: (variables: Variables) => Promise<Workspace>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn,
    retry: (failures, error) => failures < OUTAGE_RETRIES && isOutage(error),
    retryDelay: OUTAGE_RETRY_MS,
    onSuccess: (workspace) => putWorkspace(queryClient, workspace),
    onError: (error) => {
      // Refused: the role or track of the account may have changed since this page was opened.
      if (error instanceof ApiError && error.status === 403)
        void queryClient.invalidateQueries({ queryKey: meQuery.queryKey });
      return queryClient.invalidateQueries({ queryKey: workspacesQuery.queryKey });
    },
  });
}

const at = (id: string) => ({ params: { path: { workspace_id: id } } });

/** Creates the workspace of this kind if there is none, and launches it. Safe to repeat. */
export function useLaunch() {
  return useWorkspaceMutation((kind: WorkspaceKind) => answer(api.POST("/api/workspace/create/", { body: { kind } })));
}

const askForPrograms = (id: string) => answer(api.GET("/api/workspace/{workspace_id}/programs/", at(id)));

/** Asked when somebody wants to stop a workspace: which programs would end. */
export function useAskForPrograms(id: string) {
  return useMutation({ mutationFn: () => askForPrograms(id) });
}

/** The same, for a dialog that is open: undefined at first, null when it cannot be asked. */
export function usePrograms(id: string): readonly Programs[] | null | undefined {
  const { data, isError } = useQuery({
    queryKey: ["programs", id],
    queryFn: () => askForPrograms(id),
    gcTime: 0,
    retry: false,
  });
  return isError ? null : data && [data];
}

export function useStop(id: string) {
  return useWorkspaceMutation(() => answer(api.POST("/api/workspace/{workspace_id}/stop/", at(id))));
}

export function useRestart(id: string) {
  return useWorkspaceMutation(() => answer(api.POST("/api/workspace/{workspace_id}/restart/", at(id))));
}

/** Keeps the workspace running for some hours; 0 ends that. */
export function useKeepRunning(id: string) {
  return useWorkspaceMutation((hours: number) =>
    answer(api.POST("/api/workspace/{workspace_id}/keep-running/", { ...at(id), body: { hours } })),
  );
}

export function useDelete(id: string) {
  return useWorkspaceMutation((name: string) =>
    answer(api.DELETE("/api/workspace/{workspace_id}/", { ...at(id), body: { name } })),
  );
}

export function useUndelete(id: string) {
  return useWorkspaceMutation(() => answer(api.POST("/api/workspace/{workspace_id}/undelete/", at(id))));
}
