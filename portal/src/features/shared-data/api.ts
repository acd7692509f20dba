import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";

import { answer, api } from "@/lib/api/client";
import { ApiError } from "@/lib/api/errors";
import type { SharedData } from "@/lib/api/types";

const PIECE_BYTES = 4 * 1024 * 1024;
const TRIES_MAX = 6;
const TRY_AGAIN_MS = 2_000;
/** While something is being unpacked. */
const BUSY_MS = 1_500;
const CALM_MS = 30_000;

const keyOf = (cohort: string) => ["shared-data", cohort];
const ofCohort = (cohort_id: string) => ({ params: { path: { cohort_id } } });

export function useSharedData(cohort: string) {
  return useQuery<SharedData>({
    queryKey: keyOf(cohort),
    queryFn: ({ signal }) => answer(api.GET("/api/cohorts/{cohort_id}/shared/", { ...ofCohort(cohort), signal })),
    refetchInterval: ({ state }) =>
      state.data?.uploads.some(({ failure }) => failure === "") === true ? BUSY_MS : CALM_MS,
  });
}

/** A change after which everything is loaded again, also when it was refused. */
function useChange<Variables>(cohort: string, mutationFn: (variables: Variables) => Promise<unknown>) {
  const queryClient = useQueryClient();
  return useMutation({ mutationFn, onSettled: () => queryClient.invalidateQueries({ queryKey: keyOf(cohort) }) });
}

export function useSwitch(cohort: string) {
  return useChange(cohort, (number: number) =>
    api.PUT("/api/cohorts/{cohort_id}/shared/current/", { ...ofCohort(cohort), body: { number } }),
  );
}

export function useCancelUpload(cohort: string) {
  return useChange(cohort, (upload_id: string) =>
    api.DELETE("/api/cohorts/{cohort_id}/shared/uploads/{upload_id}/", {
      params: { path: { cohort_id: cohort, upload_id } },
    }),
  );
}

export interface Chosen {
  file: File;
  keeps_others: boolean;
}

/** Sends a file in pieces, and goes on after a lost connection. `part`: 0 to 1. `id`: once it began. */
export function useUpload(cohort: string) {
  const [part, setPart] = useState(0);
  const [id, setId] = useState<string>();
  const givenUp = useRef<string>(undefined);
  const change = useChange(cohort, async ({ file, keeps_others }: Chosen) => {
    setPart(0);
    setId(undefined);
    const begun = await answer(
      api.POST("/api/cohorts/{cohort_id}/shared/uploads/", {
        ...ofCohort(cohort),
        body: { name: file.name, size: file.size, keeps_others },
      }),
    );
    setId(begun.id);
    const isGivenUp = () => givenUp.current === begun.id;
    let received = 0;
    let failures = 0;
    while (received < file.size && !isGivenUp()) {
      try {
        received = await sendPiece(cohort, begun.id, received, file.slice(received, received + PIECE_BYTES));
        failures = 0;
        setPart(received / file.size);
      } catch (error) {
        failures += 1;
        if (isGivenUp()) return;
        if (failures >= TRIES_MAX || (error instanceof ApiError && error.status === 404)) throw error;
        await new Promise((done) => setTimeout(done, TRY_AGAIN_MS));
        received = (await whatIsThere(cohort, begun.id)) ?? received;
      }
    }
  });
  const giveUp = () => {
    givenUp.current = id;
  };
  return { ...change, part, id, giveUp };
}

async function sendPiece(cohort_id: string, upload_id: string, offset: number, piece: Blob): Promise<number> {
  const { received } = await answer(
    api.PUT("/api/cohorts/{cohort_id}/shared/uploads/{upload_id}/", {
      params: { path: { cohort_id, upload_id }, query: { offset } },
      body: piece as never, // bytes, which the schema has no word for
      bodySerializer: (bytes: unknown) => bytes as Blob,
      headers: { "Content-Type": "application/octet-stream" },
    }),
  );
  return received;
}

async function whatIsThere(cohort: string, upload: string): Promise<number | undefined> {
  try {
    const { uploads } = await answer(api.GET("/api/cohorts/{cohort_id}/shared/", ofCohort(cohort)));
    return uploads.find(({ id }) => id === upload)?.received;
  } catch {
    return undefined;
  }
}
