import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { answer, api } from "@/lib/api/client";
import { ApiError } from "@/lib/api/errors";
import type { PutBackResult } from "@/lib/api/types";

/** In the place of a checkpoint's id: the files as they are. */
export const NOW = "now";
const AGAIN_MS = 30_000;
const STEP_MS = 500;

/** One's own workspace, or a student's, which its instructor only reads. */
export type Whose = { workspace: string } | Student;

export interface Student {
  cohort: string;
  student: string;
}

export interface Place<Of extends Whose = Whose> {
  of: Of;
  checkpoint: string;
  /** Percent-encoded, below the home; empty: the home. */
  path: string;
}

export type OwnPlace = Place<{ workspace: string }>;

export const isOwn = (place: Place): place is OwnPlace => "workspace" in place.of;

const keyOf = (of: Whose) => ["history", ...("workspace" in of ? [of.workspace] : [of.cohort, of.student])];
const ofStudent = (of: Student) => ({ cohort_id: of.cohort, student_id: of.student });

export function useHistory(of: Whose | null) {
  const known = of ?? { workspace: "" };
  return useQuery({
    queryKey: keyOf(known),
    enabled: of !== null,
    queryFn: ({ signal }) =>
      answer(
        "workspace" in known
          ? api.GET("/api/workspace/{workspace_id}/history/", {
              params: { path: { workspace_id: known.workspace } },
              signal,
            })
          : api.GET("/api/cohorts/{cohort_id}/members/{student_id}/history/", {
              params: { path: ofStudent(known) },
              signal,
            }),
      ),
    // Each time that an instructor asks is in the audit log.
    refetchInterval: "workspace" in known ? AGAIN_MS : false,
    refetchOnWindowFocus: "workspace" in known,
  });
}

/** What is kept never changes; what is there now does. */
const staleTime = ({ checkpoint }: Place) => (checkpoint === NOW ? 0 : Infinity);

export function useFolder({ of, checkpoint, path }: Place) {
  return useQuery({
    queryKey: [...keyOf(of), checkpoint, "folder", path],
    staleTime: staleTime({ of, checkpoint, path }),
    queryFn: ({ signal }) =>
      answer(
        "workspace" in of
          ? api.GET("/api/workspace/{workspace_id}/history/{checkpoint_id}/folder/", {
              params: { path: { workspace_id: of.workspace, checkpoint_id: checkpoint }, query: { path } },
              signal,
            })
          : api.GET("/api/cohorts/{cohort_id}/members/{student_id}/history/{checkpoint_id}/folder/", {
              params: { path: { ...ofStudent(of), checkpoint_id: checkpoint }, query: { path } },
              signal,
            }),
      ),
  });
}

/** `smooth`: until another one is there, the one before stays. */
export function useFile({ of, checkpoint, path }: Place, against: string, smooth = false) {
  return useQuery({
    queryKey: [...keyOf(of), checkpoint, "file", path, against],
    placeholderData: smooth ? keepPreviousData : undefined,
    staleTime: against === NOW ? 0 : staleTime({ of, checkpoint, path }),
    queryFn: ({ signal }) =>
      answer(
        "workspace" in of
          ? api.GET("/api/workspace/{workspace_id}/history/{checkpoint_id}/file/", {
              params: { path: { workspace_id: of.workspace, checkpoint_id: checkpoint }, query: { path, against } },
              signal,
            })
          : api.GET("/api/cohorts/{cohort_id}/members/{student_id}/history/{checkpoint_id}/file/", {
              params: { path: { ...ofStudent(of), checkpoint_id: checkpoint }, query: { path, against } },
              signal,
            }),
      ),
  });
}

/** The moments at which a student's file changed. Each time that it is asked is in the audit log. */
export function useVersions(of: Student, path: string) {
  return useQuery({
    queryKey: [...keyOf(of), "versions", path],
    refetchOnWindowFocus: false,
    queryFn: ({ signal }) =>
      answer(
        api.GET("/api/cohorts/{cohort_id}/members/{student_id}/history/versions/", {
          params: { path: ofStudent(of), query: { path } },
          signal,
        }),
      ),
  });
}

/** Brings a file, a folder or everything back, and waits until that is done. */
export function usePutBack(place: OwnPlace) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async () => {
      const ask = (continues: string): Promise<PutBackResult> =>
        answer(
          api.POST("/api/workspace/{workspace_id}/history/{checkpoint_id}/put-back/", {
            params: { path: { workspace_id: place.of.workspace, checkpoint_id: place.checkpoint } },
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
    onSettled: () => queryClient.invalidateQueries({ queryKey: keyOf(place.of) }),
  });
}

/** Where the browser saves a file from; the backend says that it is to be saved. */
export function fileAddress({ of, checkpoint, path }: OwnPlace): string {
  return `/api/workspace/${of.workspace}/history/${checkpoint}/download/?path=${encodeURIComponent(path)}`;
}
