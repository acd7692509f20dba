"use client";

import { useState } from "react";

import { Button } from "@/components/button";
import { ConfirmDialog } from "@/components/confirm-dialog";
import { Dialog, DialogActions, DialogText } from "@/components/dialog";
import { Field } from "@/components/field";
import { Form, fieldError } from "@/components/form";
import type { Assignment, CohortDetail } from "@/lib/api/types";

import { useChangeAssignment, useCreateAssignment, useDeleteAssignment, useReplaceFiles } from "./api";
import { HandOutField, readZip } from "./zip-field";

interface DialogProps {
  cohort: CohortDetail;
  onClose: () => void;
}

type OneProps = DialogProps & { assignment: Assignment };

export function CreateDialog({ cohort, onClose }: DialogProps) {
  const create = useCreateAssignment(cohort.id);
  const [problem, setProblem] = useState<string>();
  const submit = async (text: (name: string) => string, form: HTMLFormElement) => {
    const zip = await readZip(form);
    setProblem("problem" in zip ? zip.problem : undefined);
    if ("problem" in zip) return;
    const releases_at = text("releases_at") || null;
    const due_at = text("due_at") || null;
    await create.mutateAsync({ title: text("title").trim(), file: zip.file, releases_at, due_at });
    onClose();
  };
  return (
    <Dialog title="Hand out an assignment" onClose={onClose}>
      <DialogText>
        Each student of {cohort.name} gets the files as a folder in their project: at once if their workspace runs,
        otherwise when they next open it.
      </DialogText>
      <Form
        error={create.error}
        fields={["title", "file", "releases_at", "due_at"]}
        busy={create.isPending}
        onSubmit={(text, form) => void submit(text, form).catch(() => undefined)}
        className="mt-4 space-y-4"
      >
        <TitleField error={fieldError(create.error, "title")} />
        <HandOutField label="Files" error={problem ?? fieldError(create.error, "file")} />
        <ReleaseField cohort={cohort} error={fieldError(create.error, "releases_at")} />
        <DueField cohort={cohort} error={fieldError(create.error, "due_at")} />
        <Actions action="Hand out" busy={create.isPending} onClose={onClose} />
      </Form>
    </Dialog>
  );
}

export function ChangeDialog({ cohort, assignment, onClose }: OneProps) {
  const change = useChangeAssignment(cohort.id, assignment.id);
  const submit = (text: (name: string) => string) => {
    const values = { title: text("title").trim(), due_at: text("due_at") || null };
    const release = text("releases_at");
    const body = assignment.released || release === "" ? values : { ...values, releases_at: release };
    void change.mutateAsync(body).then(onClose, () => undefined);
  };
  return (
    <Dialog title="Change the assignment" onClose={onClose}>
      <Form
        error={change.error}
        fields={["title", "releases_at", "due_at"]}
        busy={change.isPending}
        onSubmit={submit}
        className="mt-4 space-y-4"
      >
        <TitleField value={assignment.title} error={fieldError(change.error, "title")} />
        {!assignment.released && (
          <ReleaseField
            cohort={cohort}
            value={assignment.releases_at_local}
            error={fieldError(change.error, "releases_at")}
          />
        )}
        <DueField cohort={cohort} value={assignment.due_at_local} error={fieldError(change.error, "due_at")} />
        <Actions action="Save" busy={change.isPending} onClose={onClose} />
      </Form>
    </Dialog>
  );
}

export function UpdateDialog({ cohort, assignment, onClose }: OneProps) {
  const replace = useReplaceFiles(cohort.id, assignment.id);
  const [problem, setProblem] = useState<string>();
  const submit = async (form: HTMLFormElement) => {
    const zip = await readZip(form);
    setProblem("problem" in zip ? zip.problem : undefined);
    if ("problem" in zip) return;
    await replace.mutateAsync(zip.file);
    onClose();
  };
  return (
    <Dialog title="Hand out new files" onClose={onClose}>
      <DialogText>
        {assignment.released
          ? "No file of a student is replaced. New files are added. A file that you changed comes beside the one the student has, for example main.update-2.py beside main.py, and the student decides which to keep."
          : "The assignment is not released yet, so students get only the new files."}
      </DialogText>
      <Form
        error={replace.error}
        fields={["file"]}
        busy={replace.isPending}
        onSubmit={(_, form) => void submit(form).catch(() => undefined)}
        className="mt-4 space-y-4"
      >
        <HandOutField label="All files, as they should be now" error={problem ?? fieldError(replace.error, "file")} />
        <Actions action="Hand out" busy={replace.isPending} onClose={onClose} />
      </Form>
    </Dialog>
  );
}

export function DeleteAssignmentDialog({ cohort, assignment, onClose }: OneProps) {
  return (
    <ConfirmDialog
      title={`Delete ${assignment.title}?`}
      action="Delete assignment"
      mutation={useDeleteAssignment(cohort.id, assignment.id)}
      onClose={onClose}
    >
      It disappears from this page and from your students&apos; dashboards, and nobody gets it any more. What was
      collected, marks and comments are deleted. Files that were handed out stay with the students.
    </ConfirmDialog>
  );
}

function TitleField({ value, error }: { value?: string; error?: string | undefined }) {
  return (
    <Field
      label="Title"
      name="title"
      required
      maxLength={100}
      autoComplete="off"
      placeholder="Lesson 1: loops"
      defaultValue={value}
      error={error}
    />
  );
}

interface TimeProps {
  cohort: CohortDetail;
  value?: string | null;
  error?: string | undefined;
}

function ReleaseField({ cohort, value, error }: TimeProps) {
  return (
    <Field
      label="Release"
      name="releases_at"
      type="datetime-local"
      defaultValue={value ?? ""}
      hint={`In the time zone ${cohort.time_zone}. Leave it empty to hand out now.`}
      error={error}
    />
  );
}

function DueField({ cohort, value, error }: TimeProps) {
  return (
    <Field
      label="Due"
      name="due_at"
      type="datetime-local"
      defaultValue={value ?? ""}
      hint={`In the time zone ${cohort.time_zone}. Students see it, and then their work is collected. Leave it empty if there is none.`}
      error={error}
    />
  );
}

function Actions({ action, busy, onClose }: { action: string; busy: boolean; onClose: () => void }) {
  return (
    <DialogActions>
      <Button onClick={onClose}>Cancel</Button>
      <Button type="submit" tone="primary" busy={busy}>
        {action}
      </Button>
    </DialogActions>
  );
}
