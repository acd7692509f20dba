import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import type { Kind, Port, Workspace } from "@/lib/api/types";
import type { StreamNews } from "@/lib/event-stream/event-stream";
import { shareEventStream } from "@/lib/event-stream/shared-event-stream";

import { putKinds, putNotices, putPorts, putWorkspace, workspacesQuery } from "./workspace-cache";

// A hidden dashboard stops listening and reloads when it becomes visible again.
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
    let leave: (() => void) | null = null;
    let hiddenTimer: ReturnType<typeof setTimeout> | undefined;

    const catchUp = () => void queryClient.invalidateQueries({ queryKey: workspacesQuery.queryKey });

    const take = (news: StreamNews) => {
      if (news.about === "workspace") putWorkspace(queryClient, JSON.parse(news.json) as Workspace);
      else if (news.about === "kinds") putKinds(queryClient, JSON.parse(news.json) as Kind[]);
      else if (news.about === "notices") putNotices(queryClient, JSON.parse(news.json) as string[]);
      else if (news.about === "ports") putPorts(queryClient, workspaceId, JSON.parse(news.json) as Port[]);
      else if (news.about === "connection") {
        setLiveId(news.state === "live" ? workspaceId : null);
        if (news.state === "refused") catchUp();
      }
    };

    const listen = () => {
      leave ??= shareEventStream(`/api/workspace/${encodeURIComponent(workspaceId)}/events/`, take);
    };

    const stopListening = () => {
      leave?.();
      leave = null;
      setLiveId(null);
    };

    const onVisibility = () => {
      clearTimeout(hiddenTimer);
      if (document.visibilityState === "hidden") {
        hiddenTimer = setTimeout(stopListening, HIDDEN_MS);
      } else if (leave === null) {
        catchUp();
        listen();
      }
    };

    listen();
    document.addEventListener("visibilitychange", onVisibility);
    return () => {
      document.removeEventListener("visibilitychange", onVisibility);
      clearTimeout(hiddenTimer);
      stopListening();
    };
  }, [workspaceId, queryClient]);

  return workspaceId !== null && liveId === workspaceId;
}
