"use client";

import { FilePlusIcon } from "lucide-react";
import { useState } from "react";

import { Button } from "@/components/button";
import { ConfirmDialog } from "@/components/confirm-dialog";
import { Dialog, DialogActions, DialogText } from "@/components/dialog";
import { LoadFailure } from "@/components/failure";
import { Form, fieldError } from "@/components/form";
import { Panel, Skeleton } from "@/components/panel";
import { HandOutField, readZip } from "@/features/assignments/zip-field";
import type { CohortDetail, CohortStarter } from "@/lib/api/types";
import { useMayChange } from "@/lib/session/may-change";
import { fullDate } from "@/lib/time";
import { useLastingError } from "@/lib/use-lasting-error";

import { useRemoveStarter, useSetStarter, useStarter } from "./api";

/** What the project of a new student begins with. Only where students have files: Superset has none. */
export function StarterPanel({ cohort }: { cohort: CohortDetail }) {
  const starter = useStarter(cohort.id);
  const error = useLastingError(starter);
  return (
    <Panel
      id="starter"
      title="Starter"
      description="Files that a new workspace begins with, in ~/project. A project that has files of its student is left alone."
    >
      {error !== null && <LoadFailure query={starter} error={error} title="The starter cannot be shown right now" />}
      {starter.data === undefined && error === null && (
        <div role="status">
          <span className="sr-only">Loading the starter</span>
          <Skeleton className="h-12 w-full" />
        </div>
      )}
      {starter.data !== undefined && <Content cohort={cohort} data={starter.data} />}
    </Panel>
  );
}

function Content({ cohort, data }: { cohort: CohortDetail; data: CohortStarter }) {
  const mayChange = useMayChange();
  const [dialog, setDialog] = useState<"set" | "remove" | null>(null);
  const { starter, given, skipped, failed } = data;
  const close = () => setDialog(null);
  return (
    <>
      {starter === null ? (
        <p className="text-sm text-muted">There is none: new workspaces begin with our welcome page.</p>
      ) : (
        <div className="text-sm">
          <p>
            {starter.files === 1 ? "One file" : `${starter.files} files`}
            <span className="text-muted"> · set {fullDate(starter.set_at)}</span>
          </p>
          <ul className="mt-1 text-muted">
            {starter.paths.map((path) => (
              <li key={path} className="wrap-anywhere">
                <code>~/project/{path}</code>
              </li>
            ))}
            {starter.files > starter.paths.length && <li>and {starter.files - starter.paths.length} more</li>}
          </ul>
        </div>
      )}
      {given + skipped + failed > 0 && (
        <p className="mt-3 text-sm">
          {given === 1 ? "One workspace began with it" : `${given} workspaces began with it`}
          {skipped > 0 && <span className="text-muted"> · {skipped} had files already and were left alone</span>}
          {failed > 0 && <span className="text-bad"> · {failed} failed, tried again when opened</span>}
        </p>
      )}
      {mayChange && (
        <div className="mt-5 flex flex-wrap gap-3">
          <Button onClick={() => setDialog("set")}>
            <FilePlusIcon className="size-4" />
            {starter === null ? "Set a starter" : "Replace the starter"}
          </Button>
          {starter !== null && <Button onClick={() => setDialog("remove")}>Remove …</Button>}
        </div>
      )}
      {dialog === "set" && <SetDialog cohort={cohort} onClose={close} />}
      {dialog === "remove" && <RemoveDialog cohort={cohort} onClose={close} />}
    </>
  );
}

interface DialogProps {
  cohort: CohortDetail;
  onClose: () => void;
}

function SetDialog({ cohort, onClose }: DialogProps) {
  const set = useSetStarter(cohort.id);
  const [problem, setProblem] = useState<string>();
  const submit = async (form: HTMLFormElement) => {
    const zip = await readZip(form);
    setProblem("problem" in zip ? zip.problem : undefined);
    if ("problem" in zip) return;
    await set.mutateAsync(zip.file);
    onClose();
  };
  return (
    <Dialog title="Starter for new workspaces" onClose={onClose}>
      <DialogText>
        Each student of {cohort.name} whose workspace is new gets these files in ~/project, before the editor opens.
        Workspaces that began with an earlier starter keep it. To give files to everybody, hand out an assignment.
      </DialogText>
      <Form
        error={set.error}
        fields={["file"]}
        busy={set.isPending}
        onSubmit={(_, form) => void submit(form).catch(() => undefined)}
        className="mt-4 space-y-4"
      >
        <HandOutField label="Files" error={problem ?? fieldError(set.error, "file")} />
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" tone="primary" busy={set.isPending}>
            Save
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  );
}

function RemoveDialog({ cohort, onClose }: DialogProps) {
  return (
    <ConfirmDialog
      title="Remove the starter?"
      action="Remove starter"
      mutation={useRemoveStarter(cohort.id)}
      onClose={onClose}
    >
      New workspaces begin with our welcome page again. Workspaces that have the files keep them.
    </ConfirmDialog>
  );
}
