import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import type { Kind, Workspace } from "@/lib/api/types";

import { putKinds, putWorkspace, workspacesQuery } from "./workspace-cache";

const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 30_000;
// A hidden dashboard closes its connection and reloads when it becomes visible again. Browsers
// allow six connections to one HTTP/1.1 origin, across all tabs.
const HIDDEN_MS = 60_000;

/**
 * Keeps the cache up to date from the workspace's event stream. Returns whether the stream is
 * connected.
 */
export function useWorkspaceEvents(workspaceId: string | null): boolean {
  const queryClient = useQueryClient();
  const [liveId, setLiveId] = useState<string | null>(null);

  useEffect(() => {
    if (workspaceId === null) return;
    let source: EventSource | null = null;
    let retryMs = RETRY_MIN_MS;
    let retryTimer: ReturnType<typeof setTimeout> | undefined;
    let hiddenTimer: ReturnType<typeof setTimeout> | undefined;

    const catchUp = () => void queryClient.invalidateQueries({ queryKey: workspacesQuery.queryKey });

    const disconnect = () => {
      clearTimeout(retryTimer);
      source?.close();
      source = null;
      setLiveId(null);
    };

    const connect = () => {
      if (source !== null) return;
      clearTimeout(retryTimer);
      const opened = new EventSource(`/api/workspace/${encodeURIComponent(workspaceId)}/events/`);
      source = opened;
      opened.addEventListener("open", () => {
        retryMs = RETRY_MIN_MS;
        setLiveId(workspaceId);
      });
      opened.addEventListener("workspace", (event: MessageEvent<string>) =>
        putWorkspace(queryClient, JSON.parse(event.data) as Workspace),
      );
      opened.addEventListener("kinds", (event: MessageEvent<string>) =>
        putKinds(queryClient, JSON.parse(event.data) as Kind[]),
      );
      opened.addEventListener("error", () => {
        setLiveId(null);
        // The browser retries a broken connection by itself, but not after an error status.
        if (opened.readyState !== EventSource.CLOSED) return;
        disconnect();
        catchUp();
        retryTimer = setTimeout(connect, retryMs);
        retryMs = Math.min(retryMs * 2, RETRY_MAX_MS);
      });
    };

    const onVisibility = () => {
      clearTimeout(hiddenTimer);
      if (document.visibilityState === "hidden") {
        hiddenTimer = setTimeout(disconnect, HIDDEN_MS);
      } else if (source === null) {
        catchUp();
        connect();
      }
    };

    connect();
    document.addEventListener("visibilitychange", onVisibility);
    return () => {
      document.removeEventListener("visibilitychange", onVisibility);
      clearTimeout(hiddenTimer);
      disconnect();
    };
  }, [workspaceId, queryClient]);

  return workspaceId !== null && liveId === workspaceId;
}
