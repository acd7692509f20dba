"use client";

import { type ReactNode, useState } from "react";

import { explain } from "@/lib/api/errors";

import { Button } from "./button";
import { Dialog, DialogActions, DialogText } from "./dialog";
import { Field } from "./field";
import { Form } from "./form";

interface DeleteDialogProps {
  /** What is deleted, in a word: "workspace". */
  what: string;
  /** What is done to it. */
  verb?: "Delete" | "Erase";
  name: string;
  mutation: { isPending: boolean; error: Error | null; mutateAsync: (name: string) => Promise<unknown> };
  onClose: () => void;
  /** What is lost, and what is kept. */
  children: ReactNode;
}

/** Phones and Macs turn the apostrophe in "Amira's" into a curly one while it is typed. */
const straighten = (name: string) => name.trim().replace(/[‘’]/g, "'");

/**
 * Deletes something once its name has been typed. After a failure the dialog stays open and says
 * why.
 */
export function DeleteDialog({ what, verb = "Delete", name, mutation, onClose, children }: DeleteDialogProps) {
  const [typed, setTyped] = useState("");
  const matches = straighten(typed) === straighten(name);
  return (
    <Dialog title={`${verb} this ${what}?`} onClose={onClose}>
      <Form
        busy={mutation.isPending || !matches}
        onSubmit={() => void mutation.mutateAsync(name).then(onClose, () => undefined)}
      >
        <DialogText>{children}</DialogText>
        <p className="my-3 text-sm">
          To confirm, type the name: <strong className="font-semibold wrap-anywhere">{name}</strong>
        </p>
        <Field
          label={`Name of the ${what}`}
          name="name"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          error={mutation.error === null ? undefined : explain(mutation.error)}
        />
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" tone="danger" busy={mutation.isPending} unavailable={!matches}>
            {verb} {what}
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  );
}
