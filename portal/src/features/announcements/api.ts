import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { answer, api } from "@/lib/api/client";
import type { Announcement } from "@/lib/api/types";
import type { StreamNews } from "@/lib/event-stream/event-stream";
import { watchEventStream } from "@/lib/event-stream/watched-event-stream";

const POLL_MS = 15_000;
const KEY = ["announcements"];

const ownQuery = queryOptions({
  queryKey: [...KEY, "own"],
  queryFn: ({ signal }) => answer(api.GET("/api/announcements/", { signal })),
});

/** What the school tells this person: from its event stream, and while that is broken by asking. */
export function useAnnouncements(): readonly Announcement[] {
  const queryClient = useQueryClient();
  const [live, setLive] = useState(false);
  useEffect(() => {
    const take = (news: StreamNews) => {
      if (news.about === "announcements")
        queryClient.setQueryData(ownQuery.queryKey, JSON.parse(news.json) as { items: Announcement[] });
      else if (news.about === "connection") setLive(news.state === "live");
    };
    return watchEventStream("/api/announcements/events/", take);
  }, [queryClient]);
  return useQuery({ ...ownQuery, refetchInterval: live ? false : POLL_MS }).data?.items ?? [];
}

/** All of the school, for admins. */
export function useAllAnnouncements() {
  return useQuery({
    queryKey: [...KEY, "all"],
    queryFn: ({ signal }) => answer(api.GET("/api/console/announcements/", { signal })),
    refetchInterval: POLL_MS,
  });
}

export function useAnnounce() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: { text: string; hours: number; cohort_id: string | null }) =>
      answer(api.POST("/api/console/announcements/", { body })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: KEY }),
  });
}

export function useEndAnnouncement(id: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () =>
      api.DELETE("/api/console/announcements/{announcement_id}/", { params: { path: { announcement_id: id } } }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: KEY }),
  });
}
