"use client";

import { useState } from "react";

import { Button } from "@/components/button";
import { Dialog, DialogActions, DialogText } from "@/components/dialog";
import { Failure } from "@/components/failure";
import { Field, SelectField, TextAreaField } from "@/components/field";
import { Waiting } from "@/components/file-text";
import { Form, fieldError } from "@/components/form";
import type { components } from "@/lib/api/schema.gen";
import type { Assignment, CheckDefinition, CohortDetail } from "@/lib/api/types";

import { useCheck, useRemoveCheck, useSetCheck } from "./api";
import { hasZip, readZip, ZipField } from "./zip-field";

interface DialogProps {
  cohort: CohortDetail;
  assignment: Assignment;
  onClose: () => void;
}

/** A command that is run on each student's work. */
export function CheckDialog(props: DialogProps) {
  const check = useCheck(props.cohort.id, props.assignment.id);
  return (
    <Dialog title={`Check of ${props.assignment.title}`} onClose={props.onClose}>
      <DialogText>
        The command runs on what each student handed in, in a sandbox that has their folder, your files below and
        nothing else: no network. It passes when it ends with 0.
      </DialogText>
      {check.data === undefined ? (
        <Waiting query={check} title="The check cannot be shown right now" />
      ) : (
        <CheckForm {...props} check={check.data.check} />
      )}
    </Dialog>
  );
}

function CheckForm({ cohort, assignment, check, onClose }: DialogProps & { check: CheckDefinition | null }) {
  const save = useSetCheck(cohort.id, assignment.id);
  const remove = useRemoveCheck(cohort.id, assignment.id);
  const [problem, setProblem] = useState<string>();
  const submit = async (text: (name: string) => string, form: HTMLFormElement) => {
    const zip = hasZip(form) ? await readZip(form) : { file: null };
    setProblem("problem" in zip ? zip.problem : undefined);
    if ("problem" in zip) return;
    await save.mutateAsync({
      command: text("command"),
      time_limit_s: Number(text("time_limit_s")),
      expected: text("expected"),
      students_see: text("students_see") as components["schemas"]["CheckIn"]["students_see"],
      file: zip.file,
      keep_files: text("keep_files") !== "no",
    });
    onClose();
  };
  return (
    <Form
      error={save.error}
      fields={["command", "time_limit_s", "expected", "students_see", "file"]}
      busy={save.isPending}
      onSubmit={(text, form) => void submit(text, form).catch(() => undefined)}
      className="mt-4 space-y-4"
    >
      <TextAreaField
        label="Command"
        name="command"
        required
        rows={2}
        maxLength={2000}
        spellCheck={false}
        className="font-mono"
        placeholder="python3 -m unittest"
        defaultValue={check?.command}
        hint="In the folder of the assignment, with bash. There are the language's own libraries; packages that students install are not there."
        error={fieldError(save.error, "command")}
      />
      <Field
        label="Time limit in seconds"
        name="time_limit_s"
        type="number"
        required
        min={1}
        max={300}
        defaultValue={check?.time_limit_s ?? 30}
        error={fieldError(save.error, "time_limit_s")}
      />
      <TextAreaField
        label="Expected output (optional)"
        name="expected"
        rows={2}
        maxLength={16000}
        spellCheck={false}
        className="font-mono"
        defaultValue={check?.expected}
        hint="The command has to write exactly this. It is compared outside the sandbox, so no program can read it."
        error={fieldError(save.error, "expected")}
      />
      <ZipField
        label={check !== null && check.files > 0 ? "Other test files (optional)" : "Test files (optional)"}
        required={false}
        hint="A zip of at most 256 kB. They replace files of the same name while the check runs, and are not handed out."
        error={problem ?? fieldError(save.error, "file")}
      />
      {check !== null && check.files > 0 && (
        <SelectField
          label={check.files === 1 ? "The test file there is" : `The ${check.files} test files there are`}
          name="keep_files"
        >
          <option value="yes">Keep</option>
          <option value="no">Take away</option>
        </SelectField>
      )}
      <SelectField
        label="Students"
        name="students_see"
        defaultValue={check?.students_see ?? "nothing"}
        hint="A student's program can write your test files into its output. Show only the result if they are secret."
        error={fieldError(save.error, "students_see")}
      >
        <option value="nothing">cannot run it</option>
        <option value="result">can run it and see whether it passed</option>
        <option value="output">can run it and see its output</option>
      </SelectField>
      <Failure error={remove.error} />
      <DialogActions>
        {check !== null && (
          <Button tone="quiet" busy={remove.isPending} onClick={() => remove.mutate(undefined, { onSuccess: onClose })}>
            Remove the check
          </Button>
        )}
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" tone="primary" busy={save.isPending}>
          Save
        </Button>
      </DialogActions>
    </Form>
  );
}
