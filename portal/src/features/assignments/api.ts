import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { answer, api } from "@/lib/api/client";
import type { components } from "@/lib/api/schema.gen";
import type { Assignment, AssignmentDetail } from "@/lib/api/types";

/** While homes are being served; afterwards a student may open a workspace at any time. */
const BUSY_MS = 1_500;
const CALM_MS = 10_000;
const OWN_MS = 15_000;

const inCohort = (cohort_id: string) => ({ params: { path: { cohort_id } } });
const one = (cohort_id: string, assignment_id: string) => ({ params: { path: { cohort_id, assignment_id } } });

function pause(assignments: Assignment[]): number {
  const waits = assignments.some(
    ({ released, handed_out, failed, students }) => released && handed_out + failed < students,
  );
  return waits ? BUSY_MS : CALM_MS;
}

export function useAssignments(cohortId: string) {
  return useQuery({
    queryKey: ["assignments", cohortId],
    queryFn: ({ signal }) =>
      answer(api.GET("/api/cohorts/{cohort_id}/assignments/", { ...inCohort(cohortId), signal })),
    refetchInterval: ({ state }) => pause(state.data?.items ?? []),
  });
}

export function useAssignment(cohortId: string, id: string) {
  return useQuery<AssignmentDetail>({
    queryKey: ["assignments", cohortId, id],
    queryFn: ({ signal }) =>
      answer(api.GET("/api/cohorts/{cohort_id}/assignments/{assignment_id}/", { ...one(cohortId, id), signal })),
    refetchInterval: ({ state }) => pause(state.data === undefined ? [] : [state.data.assignment]),
  });
}

/** A change after which the cohort's assignments are loaded again, also when it was refused. */
function useChange<Data, Variables = void>(cohortId: string, mutationFn: (variables: Variables) => Promise<Data>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn,
    onSettled: () => queryClient.invalidateQueries({ queryKey: ["assignments", cohortId] }),
  });
}

export function useCreateAssignment(cohortId: string) {
  return useChange(cohortId, (body: components["schemas"]["CreateAssignmentIn"]) =>
    answer(api.POST("/api/cohorts/{cohort_id}/assignments/", { ...inCohort(cohortId), body })),
  );
}

export function useChangeAssignment(cohortId: string, id: string) {
  return useChange(cohortId, (body: components["schemas"]["ChangeAssignmentIn"]) =>
    answer(api.PATCH("/api/cohorts/{cohort_id}/assignments/{assignment_id}/", { ...one(cohortId, id), body })),
  );
}

export function useReplaceFiles(cohortId: string, id: string) {
  return useChange(cohortId, (file: string) =>
    answer(
      api.PUT("/api/cohorts/{cohort_id}/assignments/{assignment_id}/files/", { ...one(cohortId, id), body: { file } }),
    ),
  );
}

export function useDeleteAssignment(cohortId: string, id: string) {
  return useChange(cohortId, () =>
    api.DELETE("/api/cohorts/{cohort_id}/assignments/{assignment_id}/", one(cohortId, id)),
  );
}

export function useCheck(cohortId: string, id: string) {
  return useQuery({
    queryKey: ["assignments", cohortId, id, "check"],
    queryFn: ({ signal }) =>
      answer(api.GET("/api/cohorts/{cohort_id}/assignments/{assignment_id}/check/", { ...one(cohortId, id), signal })),
    gcTime: 0, // a form begins with it: with an earlier one, saving would bring that back
  });
}

export function useSetCheck(cohortId: string, id: string) {
  return useChange(cohortId, (body: components["schemas"]["CheckIn"]) =>
    answer(api.PUT("/api/cohorts/{cohort_id}/assignments/{assignment_id}/check/", { ...one(cohortId, id), body })),
  );
}

export function useRemoveCheck(cohortId: string, id: string) {
  return useChange(cohortId, () =>
    api.DELETE("/api/cohorts/{cohort_id}/assignments/{assignment_id}/check/", one(cohortId, id)),
  );
}

/** The student's own run: its result comes with the assignments. */
export function useRunOwnCheck(assignment_id: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () => api.POST("/api/assignments/{assignment_id}/check/", { params: { path: { assignment_id } } }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ["own-assignments"] }),
  });
}

/** What the student's own cohort has released. */
export function useOwnAssignments() {
  return useQuery({
    queryKey: ["own-assignments"],
    queryFn: ({ signal }) => answer(api.GET("/api/assignments/", { signal })),
    refetchInterval: ({ state }) =>
      state.data?.items.some(({ check }) => check?.run?.state === "waiting") === true ? BUSY_MS : OWN_MS,
  });
}
