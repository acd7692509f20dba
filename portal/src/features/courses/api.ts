import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { answer, api } from "@/lib/api/client";
import type { CourseState } from "@/lib/api/types";

const MARKS_EVERY_MS = 15_000;
const courseKey = (id: string) => ["course", id];
const stateKey = (cohortId: string) => ["cohort", cohortId, "course"];
const at = (cohortId: string) => ({ params: { path: { cohort_id: cohortId } } });

/** `id` is null until it is known. */
export function useCourse(id: string | null) {
  return useQuery({
    queryKey: courseKey(id ?? ""),
    queryFn: ({ signal }) =>
      answer(api.GET("/api/courses/{course_id}/", { params: { path: { course_id: id ?? "" } }, signal })),
    enabled: id !== null,
  });
}

export function useConnectCourse(id: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (cohort_id: string) =>
      answer(api.PUT("/api/courses/{course_id}/", { params: { path: { course_id: id } }, body: { cohort_id } })),
    onSuccess: (course) => queryClient.setQueryData(courseKey(id), course),
  });
}

/** What a cohort has of the learning platform. */
export function useCourseState(cohortId: string) {
  return useQuery({
    queryKey: stateKey(cohortId),
    queryFn: ({ signal }) => answer(api.GET("/api/cohorts/{cohort_id}/course/", { ...at(cohortId), signal })),
    refetchInterval: ({ state }) => ((state.data?.marks_waiting ?? 0) > 0 ? MARKS_EVERY_MS : false),
  });
}

/** A change that is answered with the new state. */
export function useCourseChange<Variables = void>(
  cohortId: string,
  mutationFn: (variables: Variables) => Promise<CourseState>,
) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn,
    onSuccess: (state) => queryClient.setQueryData(stateKey(cohortId), state),
  });
}

export function useDisconnectCourse(cohortId: string) {
  return useCourseChange(cohortId, () => answer(api.DELETE("/api/cohorts/{cohort_id}/course/", at(cohortId))));
}

/** What an import of the course's people would do; it asks the learning platform. */
export function usePreviewPeople(cohortId: string) {
  return useMutation({
    mutationFn: () => answer(api.POST("/api/cohorts/{cohort_id}/course/roster/preview/", at(cohortId))),
  });
}

export function useImportPeople(cohortId: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () => answer(api.POST("/api/cohorts/{cohort_id}/course/roster/", at(cohortId))),
    onSuccess: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: ["cohort"] }),
        queryClient.invalidateQueries({ queryKey: ["cohorts"] }),
      ]),
  });
}

export function useSendMarks(cohortId: string) {
  return useCourseChange(cohortId, () => answer(api.POST("/api/cohorts/{cohort_id}/course/marks/", at(cohortId))));
}
