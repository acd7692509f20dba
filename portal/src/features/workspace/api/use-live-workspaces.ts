import { useQueryClient } from "@tanstack/react-query";

import { workspaceToFollow } from "../model/own-workspaces";
import { useWorkspaceEvents } from "./use-workspace-events";
import { useWorkspaces } from "./use-workspaces";
import { workspacesQuery } from "./workspace-cache";

/**
 * The workspaces, kept up to date by the event stream of the person's own workspace, or by polling
 * without a stream.
 */
export function useLiveWorkspaces(ownerId: string) {
  const known = useQueryClient().getQueryData(workspacesQuery.queryKey);
  const followed = workspaceToFollow(known, ownerId)?.id ?? null;
  const live = useWorkspaceEvents(followed);
  return useWorkspaces(live ? followed : null);
}
