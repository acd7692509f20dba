"use client";

import { type ReactNode, useState } from "react";

import { Alert } from "@/components/alert";
import { Button } from "@/components/button";
import { Dialog, DialogActions, DialogText } from "@/components/dialog";
import { Failure } from "@/components/failure";
import { SelectField } from "@/components/field";
import { RunningPrograms } from "@/features/workspace/running-programs";
import type { WorkspaceRow, WorkspaceSnapshots } from "@/lib/api/types";
import { fullDate } from "@/lib/time";

import { useAllPrograms, useRestoreWorkspace, useSnapshots, useStopWorkspaces } from "./use-all-workspaces";

/** Puts all files of somebody's workspace back as they were after an earlier stop. */
export function RestoreDialog({ row, onClose }: { row: WorkspaceRow; onClose: () => void }) {
  const found = useSnapshots(row.id);
  return (
    <Dialog title={`Restore the files of ${row.owner.name}`} onClose={onClose}>
      <Failure error={found.error} />
      {found.data === undefined ? (
        <>
          {found.isPending && <DialogText>Looking for snapshots …</DialogText>}
          <DialogActions>
            {found.isError && <Button onClick={() => void found.refetch()}>Try again</Button>}
            <Button onClick={onClose}>Close</Button>
          </DialogActions>
        </>
      ) : (
        <Restoring found={found.data} look={found.refetch} onClose={onClose} />
      )}
    </Dialog>
  );
}

function Restoring({
  found,
  look,
  onClose,
}: {
  found: WorkspaceSnapshots;
  look: () => Promise<unknown>;
  onClose: () => void;
}) {
  const { workspace: row, items } = found;
  const [asked, setAsked] = useState(false);
  const [chosen, setChosen] = useState<string | null>(null);
  const restore = useRestoreWorkspace(row.id);
  if (row.restoring) {
    return (
      <Closing onClose={onClose}>
        The files are being put back. Until then nothing can be launched. You can close this; it goes on.
      </Closing>
    );
  }
  if (asked && row.failure === null) {
    return (
      <>
        <Outcome tone="good">
          {row.restored === null ? "The restore has ended." : `Done. Its owner reads: “${row.restored}.”`}
        </Outcome>
        <DialogActions>
          <Button onClick={onClose}>Close</Button>
        </DialogActions>
      </>
    );
  }
  if (row.state !== "stopped") return <StopFirst row={row} look={look} onClose={onClose} />;
  if (items.length === 0) {
    return <Closing onClose={onClose}>There is no snapshot yet. One is taken after each stop.</Closing>;
  }
  const snapshot = chosen ?? items[0]?.id ?? "";
  const begin = () =>
    restore.mutateAsync(snapshot).then(
      () => look().then(() => setAsked(true)),
      () => undefined,
    );
  return (
    <>
      <DialogText>
        All files of this workspace become as they were in the snapshot. The present files become a snapshot first, so
        this can be undone in the same way.
      </DialogText>
      <div className="mt-4">
        <SelectField label="Snapshot" value={snapshot} onChange={(event) => setChosen(event.target.value)}>
          {items.map(({ id, taken_at }) => (
            <option key={id} value={id}>
              {fullDate(taken_at)}
            </option>
          ))}
        </SelectField>
      </div>
      {asked && row.failure !== null && <Outcome tone="bad">It failed. Its owner reads: “{row.failure}.”</Outcome>}
      <Failure error={restore.error} />
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button tone="danger" busy={restore.isPending} onClick={() => void begin()}>
          Restore files
        </Button>
      </DialogActions>
    </>
  );
}

function StopFirst({ row, look, onClose }: { row: WorkspaceRow; look: () => Promise<unknown>; onClose: () => void }) {
  const stop = useStopWorkspaces();
  const [programs] = useState([row.id]);
  const running = useAllPrograms(programs);
  const busy = stop.isPending || row.state === "stopping";
  return (
    <>
      <DialogText>
        Files can be put back only while the workspace is stopped. Saving and stopping it takes a moment; then you
        choose the snapshot here. Programs that run in it end.
      </DialogText>
      <RunningPrograms found={running} whose={() => row.owner.name} />
      <Failure error={stop.error} />
      {stop.data !== undefined && stop.data.failed > 0 && (
        <Outcome tone="bad">The workspace could not be stopped: {stop.data.failure}</Outcome>
      )}
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button
          tone="danger"
          busy={busy}
          onClick={() =>
            void stop.mutateAsync([row.id]).then(
              () => look(),
              () => undefined,
            )
          }
        >
          Save and stop
        </Button>
      </DialogActions>
    </>
  );
}

function Outcome({ tone, children }: { tone: "good" | "bad"; children: ReactNode }) {
  return (
    <div className="mt-4">
      <Alert tone={tone} urgent>
        {children}
      </Alert>
    </div>
  );
}

function Closing({ children, onClose }: { children: string; onClose: () => void }) {
  return (
    <>
      <DialogText>{children}</DialogText>
      <DialogActions>
        <Button onClick={onClose}>Close</Button>
      </DialogActions>
    </>
  );
}
