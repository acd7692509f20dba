"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { DownloadIcon } from "lucide-react";

import { Alert } from "@/components/alert";
import { Button, buttonClass } from "@/components/button";
import { Failure, LoadFailure } from "@/components/failure";
import { Panel, Skeleton } from "@/components/panel";
import { AuthenticationNeeded } from "@/lib/allauth/client";
import { proofsOf } from "@/lib/allauth/proofs";
import { answer, api } from "@/lib/api/client";
import { ApiError } from "@/lib/api/errors";
import type { DataCopy } from "@/lib/api/types";
import { byteWords } from "@/lib/bytes";
import { useMe } from "@/lib/session/use-me";
import { fullDate } from "@/lib/time";
import { useNow } from "@/lib/use-now";

import { useReauthentication } from "./reauthentication";

const AGAIN_MS = 3_000;
const ASKED_AGAIN_AFTER_MS = 3_600_000;

/** The copy of somebody's data: `personId` is somebody else's id, null is one's own. */
function useDataCopy(personId: string | null) {
  return useQuery({
    queryKey: ["data-copy", personId],
    queryFn: async ({ signal }) => {
      const { export: found } = await (personId === null
        ? answer(api.GET("/api/me/export/", { signal }))
        : answer(
            api.GET("/api/console/people/{person_id}/export/", { params: { path: { person_id: personId } }, signal }),
          ));
      return found;
    },
    refetchInterval: ({ state }) => (state.data?.ready_at === null ? AGAIN_MS : false),
  });
}

function useAskForCopy(personId: string | null) {
  const queryClient = useQueryClient();
  const reauthenticated = useReauthentication();
  const me = useMe();
  return useMutation({
    mutationFn: () =>
      reauthenticated(async () => {
        try {
          return await (personId === null
            ? answer(api.POST("/api/me/export/"))
            : answer(
                api.POST("/api/console/people/{person_id}/export/", { params: { path: { person_id: personId } } }),
              ));
        } catch (error) {
          if (!(error instanceof ApiError) || error.reason !== "reauthentication_required") throw error;
          throw new AuthenticationNeeded(true, proofsOf(me.data));
        }
      }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ["data-copy", personId] }),
  });
}

function addressOf(personId: string | null, copyId: string): string {
  const id = encodeURIComponent(copyId);
  return personId === null
    ? `/api/me/export/${id}/file/`
    : `/api/console/people/${encodeURIComponent(personId)}/export/${id}/file/`;
}

/** On the page Account. */
export function DataPanel() {
  return (
    <Panel
      id="data"
      title="Your data"
      description="A zip with what the school keeps about you: your account, workspaces and hours, marks and comments, what the audit log has of you, and the files of your workspaces."
    >
      <CopyOfData personId={null} />
    </Panel>
  );
}

/** Asks for a copy, says how far it is, and lets it be saved. */
export function CopyOfData({ personId }: { personId: string | null }) {
  const copy = useDataCopy(personId);
  const ask = useAskForCopy(personId);
  const nowMs = useNow(60_000);
  if (copy.data === undefined)
    return copy.error === null ? (
      <Skeleton className="h-10 w-44" />
    ) : (
      <LoadFailure query={copy} error={copy.error} title="The copy cannot be shown right now" />
    );
  const isNew = copy.data?.ready_at != null && nowMs - Date.parse(copy.data.ready_at) < ASKED_AGAIN_AFTER_MS;
  return (
    <div className="space-y-4">
      {copy.data !== null && <State copy={copy.data} address={addressOf(personId, copy.data.id)} />}
      {(copy.data === null || (copy.data.ready_at !== null && !isNew)) && (
        <Button busy={ask.isPending} onClick={() => ask.mutate()}>
          {copy.data === null ? "Make a copy" : "Make a new copy"}
        </Button>
      )}
      <Failure error={ask.error} />
    </div>
  );
}

function State({ copy, address }: { copy: DataCopy; address: string }) {
  if (copy.ready_at === null)
    return (
      <div role="status">
        <Alert tone={copy.failures > 0 ? "warn" : "info"}>
          {copy.failures > 0
            ? "The copy could not be made yet. It is tried again by itself."
            : "The copy is being made. That may take some minutes; you can leave this page."}
        </Alert>
      </div>
    );
  return (
    <div className="space-y-3 text-sm">
      <p role="status">
        The copy of {fullDate(copy.ready_at)} is ready: {byteWords(copy.size_bytes)}.
        {copy.left_out > 0 && " Not every file of the workspaces is in it; “left out.csv” in the zip names them."}
      </p>
      <a href={address} download className={buttonClass("primary")}>
        <DownloadIcon aria-hidden className="size-4" />
        Download
      </a>
      {copy.ends_at !== null && <p className="text-muted">It is removed on {fullDate(copy.ends_at)}.</p>}
    </div>
  );
}
