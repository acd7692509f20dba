import { useMutation, useQuery } from "@tanstack/react-query";

import { answer, api } from "@/lib/api/client";
import { ApiError } from "@/lib/api/errors";

/** What the student saves is seen so much later, at most. A page in the background does not ask. */
const POLL_MS = 2_000;

export interface Student {
  cohort: string;
  student: string;
}

const keyOf = ({ cohort, student }: Student) => ["look", cohort, student];
const inPath = ({ cohort, student }: Student) => ({ cohort_id: cohort, student_id: student });

/** The student sees from then on that somebody looks. `attempt`: a person asks for it once more. */
export function useBeginLook(one: Student | null, attempt: number) {
  const known = one ?? { cohort: "", student: "" };
  return useQuery({
    queryKey: [...keyOf(known), "begin", attempt],
    enabled: one !== null,
    queryFn: () =>
      answer(api.POST("/api/cohorts/{cohort_id}/members/{student_id}/look/", { params: { path: inPath(known) } })),
    retry: false,
    staleTime: Infinity,
    gcTime: 0,
    refetchOnMount: false,
    refetchOnReconnect: false,
    refetchOnWindowFocus: false,
  });
}

export function useEndLook(one: Student) {
  return useMutation({
    mutationFn: () =>
      api.DELETE("/api/cohorts/{cohort_id}/members/{student_id}/look/", { params: { path: inPath(one) } }),
  });
}

/** The student or the instructor may also have left the cohort meanwhile. */
const ENDED = ["look_ended", "no_student", "cohort_not_found"];

export function hasEnded(error: Error | null): boolean {
  return error instanceof ApiError && ENDED.includes(error.reason);
}

/** Asked again and again, unless it cannot be answered any more. */
const again = ({ state }: { state: { error: Error | null } }) => (hasEnded(state.error) ? false : POLL_MS);

export function useFolder(one: Student, path: string) {
  return useQuery({
    queryKey: [...keyOf(one), "folder", path],
    queryFn: ({ signal }) =>
      answer(
        api.GET("/api/cohorts/{cohort_id}/members/{student_id}/look/folder/", {
          params: { path: inPath(one), query: { path } },
          signal,
        }),
      ),
    refetchInterval: again,
    retry: false,
  });
}

/** `version`: what the folder says of the file; another one is read again. */
export function useFile(one: Student, path: string, version: string) {
  return useQuery({
    queryKey: [...keyOf(one), "file", path, version],
    queryFn: ({ signal }) =>
      answer(
        api.GET("/api/cohorts/{cohort_id}/members/{student_id}/look/file/", {
          params: { path: inPath(one), query: { path } },
          signal,
        }),
      ),
    placeholderData: (before, query) => (query?.queryKey[4] === path ? before : undefined),
    gcTime: 0,
    retry: 1,
  });
}
