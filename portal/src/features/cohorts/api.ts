import { type QueryClient, queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";

import { answer, api } from "@/lib/api/client";
import { ApiError } from "@/lib/api/errors";
import type { components } from "@/lib/api/schema.gen";
import type { Cohort, CohortDetail } from "@/lib/api/types";

const cohortsQuery = queryOptions({
  queryKey: ["cohorts"],
  queryFn: ({ signal }) => answer(api.GET("/api/cohorts/", { signal })),
});

const cohortQuery = (id: string) =>
  queryOptions({
    queryKey: ["cohort", id],
    queryFn: ({ signal }) => answer(api.GET("/api/cohorts/{cohort_id}/", { ...at(id), signal })),
  });

const at = (id: string) => ({ params: { path: { cohort_id: id } } });

export function useCohorts() {
  return useQuery(cohortsQuery);
}

/** `id` is null until it is known. */
export function useCohort(id: string | null) {
  return useQuery({ ...cohortQuery(id ?? ""), enabled: id !== null });
}

export function useCandidates(id: string) {
  return useQuery({
    queryKey: ["cohort", id, "candidates"],
    queryFn: ({ signal }) => answer(api.GET("/api/cohorts/{cohort_id}/candidates/", { ...at(id), signal })),
  });
}

/** Only admins may list instructors. */
export function useInstructors() {
  return useQuery({
    queryKey: ["instructors"],
    queryFn: ({ signal }) => answer(api.GET("/api/cohorts/instructors/", { signal })),
  });
}

/** Shows a changed cohort at once and reloads the lists that may contain it. */
function putCohort(queryClient: QueryClient, cohort: CohortDetail): void {
  queryClient.setQueryData(cohortQuery(cohort.id).queryKey, cohort);
  void queryClient.invalidateQueries({ queryKey: cohortsQuery.queryKey });
  void queryClient.invalidateQueries({ queryKey: ["cohort"], predicate: ({ queryKey }) => queryKey.length > 2 });
}

/**
 * A change that is answered with the changed cohort. When it is refused, the page may be out of
 * date.
 */
function useCohortMutation<Variables = void>(mutationFn: (variables: Variables) => Promise<CohortDetail>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn,
    onSuccess: (cohort) => putCohort(queryClient, cohort),
    onError: (error) => {
      if (error instanceof ApiError && (error.status === 404 || error.status === 409)) {
        void queryClient.invalidateQueries({ queryKey: ["cohort"] });
      }
    },
  });
}

export function useCreateCohort() {
  return useCohortMutation((body: components["schemas"]["CreateCohortIn"]) =>
    answer(api.POST("/api/cohorts/", { body })),
  );
}

export function useChangeCohort(id: string) {
  return useCohortMutation((body: components["schemas"]["ChangeCohortIn"]) =>
    answer(api.PATCH("/api/cohorts/{cohort_id}/", { ...at(id), body })),
  );
}

/**
 * `onDeleted` leaves the page that shows the cohort; it is called before the cohort's data are
 * reloaded.
 */
export function useDeleteCohort(id: string, onDeleted: () => void) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => api.DELETE("/api/cohorts/{cohort_id}/", { ...at(id), body: { name } }),
    onSuccess: () => {
      onDeleted();
      return queryClient.invalidateQueries({ queryKey: cohortsQuery.queryKey });
    },
  });
}

export function useSetInstructors(id: string) {
  return useCohortMutation((instructor_ids: string[]) =>
    answer(api.PUT("/api/cohorts/{cohort_id}/instructors/", { ...at(id), body: { instructor_ids } })),
  );
}

/** Invites a person who has no account; they join the cohort by signing up. */
export function useInviteStudent(cohort: Cohort) {
  const queryClient = useQueryClient();
  return useMutation({
    onSuccess: () => queryClient.invalidateQueries({ queryKey: pendingQuery(cohort.id).queryKey }),
    mutationFn: (email: string) =>
      answer(
        api.POST("/api/invitations/", { body: { email, role: "student", track: cohort.track, cohort_id: cohort.id } }),
      ),
  });
}

const member = (cohortId: string, studentId: string) => ({
  params: { path: { cohort_id: cohortId, student_id: studentId } },
});

export function useAddMember(cohortId: string) {
  return useCohortMutation((studentId: string) =>
    answer(api.PUT("/api/cohorts/{cohort_id}/members/{student_id}/", member(cohortId, studentId))),
  );
}

/** Moves a student to another cohort: both cohorts change. */
export function useMoveMember(fromId: string, studentId: string) {
  const queryClient = useQueryClient();
  const put = useCohortMutation((toId: string) =>
    answer(api.PUT("/api/cohorts/{cohort_id}/members/{student_id}/", member(toId, studentId))),
  );
  return useMutation({
    mutationFn: (toId: string) => put.mutateAsync(toId),
    onSettled: () => queryClient.invalidateQueries({ queryKey: cohortQuery(fromId).queryKey }),
  });
}

export function useRemoveMember(cohortId: string, studentId: string) {
  return useCohortMutation(() =>
    answer(api.DELETE("/api/cohorts/{cohort_id}/members/{student_id}/", member(cohortId, studentId))),
  );
}

export type RosterSource = components["schemas"]["RosterIn"];

/** What an import of the list would do; nothing is changed. */
export function usePreviewRoster(id: string) {
  return useMutation({
    mutationFn: (body: RosterSource) =>
      answer(api.POST("/api/cohorts/{cohort_id}/roster/preview/", { ...at(id), body })),
  });
}

export function useImportRoster(id: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: RosterSource) => answer(api.POST("/api/cohorts/{cohort_id}/roster/", { ...at(id), body })),
    onSuccess: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: ["cohort"] }),
        queryClient.invalidateQueries({ queryKey: cohortsQuery.queryKey }),
      ]),
  });
}

const pendingQuery = (id: string) =>
  queryOptions({
    queryKey: ["cohort", id, "invitations"],
    queryFn: ({ signal }) => answer(api.GET("/api/cohorts/{cohort_id}/invitations/", { ...at(id), signal })),
  });

/** Looks again every two seconds while mails are being sent. */
export function usePendingInvitations(id: string) {
  return useQuery({
    ...pendingQuery(id),
    refetchInterval: ({ state }) => (state.data?.items.some(({ mail }) => mail === "waiting") === true ? 2_000 : false),
  });
}

const pendingOne = (cohortId: string, invitationId: string) => ({
  params: { path: { cohort_id: cohortId, invitation_id: invitationId } },
});

/** A change of a pending invitation; the list is loaded again, also when it was refused. */
function usePendingMutation<Data, Variables = void>(id: string, mutationFn: (variables: Variables) => Promise<Data>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn,
    onSettled: () => queryClient.invalidateQueries({ queryKey: pendingQuery(id).queryKey }),
  });
}

type Addressee = Pick<components["schemas"]["PendingOut"], "id" | "email">;

export function useShowLink(id: string) {
  return usePendingMutation(id, ({ id: invitation }: Addressee) =>
    answer(api.POST("/api/cohorts/{cohort_id}/invitations/{invitation_id}/link/", pendingOne(id, invitation))),
  );
}

export function useSendAgain(id: string) {
  return usePendingMutation(id, ({ id: invitation }: Addressee) =>
    api.POST("/api/cohorts/{cohort_id}/invitations/{invitation_id}/send/", pendingOne(id, invitation)),
  );
}

export function useRevokeInvitation(id: string, invitation: string) {
  return usePendingMutation(id, () =>
    api.DELETE("/api/cohorts/{cohort_id}/invitations/{invitation_id}/", pendingOne(id, invitation)),
  );
}

const joinLinksQuery = (id: string) =>
  queryOptions({
    queryKey: ["cohort", id, "join-links"],
    queryFn: ({ signal }) => answer(api.GET("/api/cohorts/{cohort_id}/join-links/", { ...at(id), signal })),
  });

/** Looks again every five seconds while a link is open: students join while the page is shown. */
export function useJoinLinks(id: string) {
  return useQuery({
    ...joinLinksQuery(id),
    refetchInterval: ({ state }) => (state.data?.items.some((link) => link.state === "open") === true ? 5_000 : false),
  });
}

/** Shows who has joined by a link since the page was loaded. */
export function useReloadMembers(id: string) {
  const queryClient = useQueryClient();
  return useCallback(() => {
    void queryClient.invalidateQueries({ queryKey: cohortQuery(id).queryKey, exact: true });
    void queryClient.invalidateQueries({ queryKey: pendingQuery(id).queryKey });
  }, [queryClient, id]);
}

export function useCreateJoinLink(id: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: components["schemas"]["JoinLinkIn"]) =>
      api.POST("/api/cohorts/{cohort_id}/join-links/", { ...at(id), body }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: joinLinksQuery(id).queryKey }),
  });
}

export function useEndJoinLink(id: string, linkId: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () =>
      api.DELETE("/api/cohorts/{cohort_id}/join-links/{link_id}/", {
        params: { path: { cohort_id: id, link_id: linkId } },
      }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: cohortQuery(id).queryKey }),
  });
}

/** The classes that a calendar file contains; nothing is saved. */
export function usePreviewTimetable(id: string) {
  return useMutation({
    mutationFn: (file: string) =>
      answer(api.POST("/api/cohorts/{cohort_id}/timetable/preview/", { ...at(id), body: { content: "", file } })),
  });
}

export function useSetTimetable(id: string) {
  return useCohortMutation((file: { name: string; bytes: string }) =>
    answer(
      api.PUT("/api/cohorts/{cohort_id}/timetable/", {
        ...at(id),
        body: { file_name: file.name, content: "", file: file.bytes },
      }),
    ),
  );
}

/** The classes of the calendar at an address; nothing is saved. */
export function usePreviewFeed(id: string) {
  return useMutation({
    mutationFn: (address: string) =>
      answer(api.POST("/api/cohorts/{cohort_id}/timetable/feed/preview/", { ...at(id), body: { address } })),
  });
}

export function useFollowFeed(id: string) {
  return useCohortMutation((address: string) =>
    answer(api.PUT("/api/cohorts/{cohort_id}/timetable/feed/", { ...at(id), body: { address } })),
  );
}

export function useRemoveTimetable(id: string) {
  return useCohortMutation(() => answer(api.DELETE("/api/cohorts/{cohort_id}/timetable/", at(id))));
}
