import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { answer, api } from "@/lib/api/client";
import type { Wall } from "@/lib/api/types";
import type { StreamNews } from "@/lib/event-stream/event-stream";
import { watchEventStream } from "@/lib/event-stream/watched-event-stream";
import { openWorkspaceTab } from "@/lib/workspace-tab";

const POLL_MS = 5_000;
const key = (id: string) => ["cohort", id, "wall"];

/** The class's wall: from its event stream, and while that is broken by asking again and again. */
export function useWall(id: string) {
  const queryClient = useQueryClient();
  const [live, setLive] = useState(false);
  useEffect(() => {
    const take = (news: StreamNews) => {
      if (news.about === "wall") queryClient.setQueryData(key(id), JSON.parse(news.json) as Wall);
      else if (news.about === "connection") setLive(news.state === "live");
    };
    return watchEventStream(`/api/cohorts/${encodeURIComponent(id)}/wall/events/`, take);
  }, [id, queryClient]);
  return useQuery({
    queryKey: key(id),
    queryFn: ({ signal }) =>
      answer(api.GET("/api/cohorts/{cohort_id}/wall/", { params: { path: { cohort_id: id } }, signal })),
    refetchInterval: live ? false : POLL_MS,
    staleTime: Infinity,
  });
}

/** Starts or stops the workspaces of the class. */
export function useClassWorkspaces(id: string) {
  return useMutation({
    mutationFn: (action: "start" | "stop") => {
      const options = { params: { path: { cohort_id: id } } };
      return answer(
        action === "start"
          ? api.POST("/api/cohorts/{cohort_id}/workspaces/start/", options)
          : api.POST("/api/cohorts/{cohort_id}/workspaces/stop/", options),
      );
    },
  });
}

/** A message to the class, or to one student of it. */
export function useSendMessage(id: string) {
  return useMutation({
    mutationFn: (body: { text: string; student_id: string | null }) =>
      answer(api.POST("/api/cohorts/{cohort_id}/messages/", { params: { path: { cohort_id: id } }, body })),
  });
}

/** Opens a student's workspace in a tab of its own, or leaves it. */
export function useVisit(cohortId: string, studentId: string) {
  const queryClient = useQueryClient();
  const one = { params: { path: { cohort_id: cohortId, student_id: studentId } } };
  const onSettled = () => queryClient.invalidateQueries({ queryKey: key(cohortId) });
  const begin = useMutation({
    mutationFn: async () => {
      const tab = openWorkspaceTab("Opening the workspace");
      try {
        const { url } = await answer(api.POST("/api/cohorts/{cohort_id}/members/{student_id}/visit/", one));
        tab.goTo(url);
        return tab.opened ? null : url;
      } catch (error) {
        tab.close();
        throw error;
      }
    },
    onSettled,
  });
  const end = useMutation({
    mutationFn: () => api.DELETE("/api/cohorts/{cohort_id}/members/{student_id}/visit/", one),
    onSettled,
  });
  return { begin, end };
}

/** The student has been helped. */
export function useAnswerHelp(cohortId: string, studentId: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () =>
      api.DELETE("/api/cohorts/{cohort_id}/members/{student_id}/help/", {
        params: { path: { cohort_id: cohortId, student_id: studentId } },
      }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: key(cohortId) }),
  });
}
