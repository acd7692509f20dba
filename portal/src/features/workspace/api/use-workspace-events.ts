import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import type { Kind, Port, Workspace } from "@/lib/api/types";
import type { StreamNews } from "@/lib/event-stream/event-stream";
import { watchEventStream } from "@/lib/event-stream/watched-event-stream";

import { putKinds, putNotices, putPorts, putWorkspace, workspacesQuery } from "./workspace-cache";

/**
 * Keeps the cache up to date from the workspace's event stream. Returns whether the stream is
 * connected.
 */
export function useWorkspaceEvents(workspaceId: string | null): boolean {
  const queryClient = useQueryClient();
  const [liveId, setLiveId] = useState<string | null>(null);

  useEffect(() => {
    if (workspaceId === null) return;
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

    const leave = watchEventStream(`/api/workspace/${encodeURIComponent(workspaceId)}/events/`, take, catchUp);
    return () => {
      leave();
      setLiveId(null);
    };
  }, [workspaceId, queryClient]);

  return workspaceId !== null && liveId === workspaceId;
}
