"use client";

import { Button } from "@/components/button";
import { Dialog, DialogActions, DialogText } from "@/components/dialog";
import { TextAreaField } from "@/components/field";
import { fieldError, Form } from "@/components/form";

import type { Done } from "./class-workspaces";
import { countOf } from "./model/class-times";
import { useSendMessage } from "./use-wall";

/** As much as fits a notice of VS Code. */
const TEXT_MAX = 400;

interface MessageDialogProps {
  cohortId: string;
  /** Null: the whole class. */
  student: { id: string; name: string } | null;
  onSent: (done: Done) => void;
  onClose: () => void;
}

/** A few lines of plain text to the class or to one student. */
export function MessageDialog({ cohortId, student, onSent, onClose }: MessageDialogProps) {
  const send = useSendMessage(cohortId);
  const submit = async (written: string) => {
    const { reached } = await send.mutateAsync({ text: written, student_id: student?.id ?? null });
    const whom = student === null ? `to ${countOf(reached, "student")}` : `to ${student.name}`;
    onSent({ text: `Your message is sent ${whom}.`, good: true });
    onClose();
  };
  return (
    <Dialog title={student === null ? "Write to the class" : `Write to ${student.name}`} onClose={onClose}>
      <DialogText>
        It shows in open workspaces at once, and on the dashboard until it is read. Only text: links are not clickable.
      </DialogText>
      <Form
        error={send.error}
        fields={["text"]}
        busy={send.isPending}
        onSubmit={(text) => void submit(text("text")).catch(() => undefined)}
        className="mt-4"
      >
        <TextAreaField
          label="Message"
          name="text"
          rows={4}
          required
          maxLength={TEXT_MAX}
          error={fieldError(send.error, "text")}
        />
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" tone="primary" busy={send.isPending}>
            Send
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  );
}
