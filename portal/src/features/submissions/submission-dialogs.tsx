"use client";

import { useRef, useState } from "react";

import { Button } from "@/components/button";
import { Dialog, DialogActions, DialogText } from "@/components/dialog";
import { Field, TextAreaField } from "@/components/field";
import { fieldError, Form } from "@/components/form";
import type { Submission } from "@/lib/api/types";

import { type AssignmentKey, useExtend, useFeedback } from "./api";
import { readFiles, ReturnFiles } from "./return-files";

interface DialogProps {
  id: AssignmentKey;
  submission: Submission;
  onClose: () => void;
}

export function FeedbackDialog({ id, submission, onClose }: DialogProps) {
  const feedback = useFeedback(id, submission.student_id);
  const returns = useRef(false);
  const [problem, setProblem] = useState<string>();
  const returning = feedback.isPending && feedback.variables.returns;
  const submit = async (text: (name: string) => string, form: HTMLFormElement) => {
    const chosen = await readFiles(form);
    setProblem("problem" in chosen ? chosen.problem : undefined);
    if ("problem" in chosen) return;
    await feedback.mutateAsync({
      mark: text("mark"),
      comment: text("comment"),
      files: chosen.files,
      returns: returns.current,
    });
    onClose();
  };
  return (
    <Dialog title={`Mark for ${submission.student}`} onClose={onClose}>
      <DialogText>Your student sees nothing of it before you return it.</DialogText>
      <Form
        error={feedback.error}
        fields={["mark", "comment", "files"]}
        busy={feedback.isPending}
        onSubmit={(text, form) => void submit(text, form).catch(() => undefined)}
        className="mt-4 space-y-4"
      >
        <Field
          label="Mark"
          name="mark"
          maxLength={20}
          autoComplete="off"
          placeholder="17/20"
          defaultValue={submission.mark}
          error={fieldError(feedback.error, "mark")}
        />
        <TextAreaField
          label="Comment"
          name="comment"
          rows={6}
          maxLength={10_000}
          defaultValue={submission.comment}
          hint="Plain text."
          error={fieldError(feedback.error, "comment")}
        />
        <ReturnFiles id={id} submission={submission} problem={problem ?? fieldError(feedback.error, "files")} />
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" busy={feedback.isPending && !returning} onClick={() => (returns.current = false)}>
            Save
          </Button>
          <Button type="submit" tone="primary" busy={returning} onClick={() => (returns.current = true)}>
            Save and return
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  );
}

export function ExtensionDialog({ id, submission, onClose }: DialogProps) {
  const extend = useExtend(id, submission.student_id);
  return (
    <Dialog title={`A later due time for ${submission.student}`} onClose={onClose}>
      <DialogText>
        A copy is taken again at that time, and what is handed in before it is not late. The student sees it.
      </DialogText>
      <Form
        error={extend.error}
        fields={["due_at"]}
        busy={extend.isPending}
        onSubmit={(text) => void extend.mutateAsync(text("due_at") || null).then(onClose, () => undefined)}
        className="mt-4 space-y-4"
      >
        <Field
          label="Due"
          name="due_at"
          type="datetime-local"
          defaultValue={submission.due_at_local ?? ""}
          hint="On the cohort's clocks. Leave it empty to take the extension back."
          error={fieldError(extend.error, "due_at")}
        />
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" tone="primary" busy={extend.isPending}>
            Save
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  );
}
