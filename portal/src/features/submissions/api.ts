import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { answer, api } from "@/lib/api/client";
import type { components } from "@/lib/api/schema.gen";
import type { SubmissionList } from "@/lib/api/types";

/** While copies are on their way. */
const BUSY_MS = 1_500;
const CALM_MS = 15_000;

export interface AssignmentKey {
  cohort: string;
  assignment: string;
}

export interface CopyKey extends AssignmentKey {
  student: string;
  number: number;
}

const inPath = ({ cohort, assignment }: AssignmentKey) => ({ cohort_id: cohort, assignment_id: assignment });
const ofCopy = (key: CopyKey) => ({ ...inPath(key), student_id: key.student, number: key.number });
const keyOf = ({ cohort, assignment }: AssignmentKey) => ["submissions", cohort, assignment];

export function useSubmissions(key: AssignmentKey | null) {
  return useQuery<SubmissionList>({
    queryKey: key === null ? ["submissions"] : keyOf(key),
    enabled: key !== null,
    queryFn: ({ signal }) =>
      answer(
        api.GET("/api/cohorts/{cohort_id}/assignments/{assignment_id}/submissions/", {
          params: { path: inPath(key ?? { cohort: "", assignment: "" }) },
          signal,
        }),
      ),
    refetchInterval: ({ state }) =>
      state.data?.items.some(
        ({ state: theirs, copies }) => theirs === "collecting" || copies[0]?.check?.state === "waiting",
      ) === true
        ? BUSY_MS
        : CALM_MS,
  });
}

/** A change after which the list is loaded again, also when it was refused. */
function useChange<Data, Variables = void>(key: AssignmentKey, mutationFn: (variables: Variables) => Promise<Data>) {
  const queryClient = useQueryClient();
  return useMutation({ mutationFn, onSettled: () => queryClient.invalidateQueries({ queryKey: keyOf(key) }) });
}

export function useCollect(key: AssignmentKey) {
  return useChange(key, (student_id: string | null) =>
    api.POST("/api/cohorts/{cohort_id}/assignments/{assignment_id}/submissions/collect/", {
      params: { path: inPath(key) },
      body: { student_id },
    }),
  );
}

/** All newest copies again. */
export function useRunChecks(key: AssignmentKey) {
  return useChange(key, () =>
    api.POST("/api/cohorts/{cohort_id}/assignments/{assignment_id}/check/run/", { params: { path: inPath(key) } }),
  );
}

export function useExtend(key: AssignmentKey, student: string) {
  return useChange(key, (due_at: string | null) =>
    api.PUT("/api/cohorts/{cohort_id}/assignments/{assignment_id}/submissions/{student_id}/extension/", {
      params: { path: { ...inPath(key), student_id: student } },
      body: { due_at },
    }),
  );
}

export interface Feedback {
  mark: string;
  comment: string;
  /** Instead of those that are there; null: they stay. */
  files: components["schemas"]["UploadIn"][] | null;
}

/** Saves mark, comment and files, and gives them to the student if `returns`. */
export function useFeedback(key: AssignmentKey, student: string) {
  const params = { path: { ...inPath(key), student_id: student } };
  return useChange(key, async ({ returns, files, ...body }: Feedback & { returns: boolean }) => {
    if (files !== null) {
      await api.PUT("/api/cohorts/{cohort_id}/assignments/{assignment_id}/submissions/{student_id}/files/", {
        params,
        body: { files },
      });
    }
    await api.PATCH("/api/cohorts/{cohort_id}/assignments/{assignment_id}/submissions/{student_id}/", { params, body });
    if (returns) {
      await api.POST("/api/cohorts/{cohort_id}/assignments/{assignment_id}/submissions/{student_id}/return/", {
        params,
      });
    }
  });
}

export function useReturnAll(key: AssignmentKey) {
  return useChange(key, () =>
    answer(
      api.POST("/api/cohorts/{cohort_id}/assignments/{assignment_id}/submissions/return/", {
        params: { path: inPath(key) },
      }),
    ),
  );
}

/** A copy never changes, so it is loaded once. */
export function useFiles(key: CopyKey) {
  return useQuery({
    queryKey: [...keyOf(key), key.student, key.number],
    staleTime: Infinity,
    queryFn: ({ signal }) =>
      answer(
        api.GET(
          "/api/cohorts/{cohort_id}/assignments/{assignment_id}/submissions/{student_id}/copies/{number}/files/",
          { params: { path: ofCopy(key) }, signal },
        ),
      ),
  });
}

export function useFile(key: CopyKey, path: string) {
  return useQuery({
    queryKey: [...keyOf(key), key.student, key.number, path],
    staleTime: Infinity,
    queryFn: ({ signal }) =>
      answer(
        api.GET("/api/cohorts/{cohort_id}/assignments/{assignment_id}/submissions/{student_id}/copies/{number}/file/", {
          params: { path: ofCopy(key), query: { path } },
          signal,
        }),
      ),
  });
}

/** What the check of a copy found, with its output. `state`: another one is another answer. */
export function useCheckRun(key: CopyKey, state: string) {
  return useQuery({
    queryKey: [...keyOf(key), key.student, key.number, "check", state],
    queryFn: ({ signal }) =>
      answer(
        api.GET(
          "/api/cohorts/{cohort_id}/assignments/{assignment_id}/submissions/{student_id}/copies/{number}/check/",
          { params: { path: ofCopy(key) }, signal },
        ),
      ),
  });
}

/** Where the browser saves something from; the backend says that it is to be saved. */
export function addressOf({ cohort, assignment }: AssignmentKey, rest: "zip/" | "marks/"): string {
  return `/api/cohorts/${cohort}/assignments/${assignment}/submissions/${rest}`;
}

export function returnFilesAddress({ cohort, assignment }: AssignmentKey, student: string): string {
  return `/api/cohorts/${cohort}/assignments/${assignment}/submissions/${student}/files/`;
}

export function fileAddress(key: CopyKey, path: string): string {
  const copy = `${key.student}/copies/${key.number}`;
  const all = `/api/cohorts/${key.cohort}/assignments/${key.assignment}/submissions/`;
  return `${all}${copy}/download/?path=${encodeURIComponent(path)}`;
}
