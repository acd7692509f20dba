"use client";

import { ConfirmDialog } from "@/components/confirm-dialog";
import { DeleteDialog } from "@/components/delete-dialog";
import type { Person } from "@/lib/api/types";

import { type PersonAction, usePersonAction } from "./use-people";

/** What each action is called, what it will do, and what it has done. */
const WORDS: Record<
  Exclude<PersonAction, "erase">,
  { title: (name: string) => string; verb: string; text: string; done: (name: string) => string }
> = {
  deactivate: {
    title: (name) => `Deactivate ${name}?`,
    verb: "Deactivate",
    text: "They are signed out everywhere and cannot sign in. Their workspaces are saved and stopped. Nothing is deleted, and you can reactivate them at any time.",
    done: (name) => `${name} is deactivated.`,
  },
  reactivate: {
    title: (name) => `Reactivate ${name}?`,
    verb: "Reactivate",
    text: "They can sign in again, and find their workspaces as they left them.",
    done: (name) => `${name} is active again.`,
  },
  "end-sessions": {
    title: (name) => `Sign ${name} out everywhere?`,
    verb: "Sign out everywhere",
    text: "They are signed out in every browser and must sign in again. Their workspaces stay up.",
    done: (name) => `${name} is signed out everywhere.`,
  },
  "reset-second-factor": {
    title: (name) => `Reset the two-step sign-in of ${name}?`,
    verb: "Reset",
    text: "Their authenticator app and recovery codes stop working. Their password alone is enough to sign in, until they set up two-step sign-in again. Make sure that it is really them who ask.",
    done: (name) => `${name} can sign in without a code now.`,
  },
  keep: {
    title: (name) => `Keep ${name}?`,
    verb: "Keep this person",
    text: "The erasure is taken back. The account and everything in it is as it was before.",
    done: (name) => `${name} is not erased.`,
  },
};

/** Erases somebody once their name has been typed. */
export function EraseDialog({
  person,
  graceDays,
  onDone,
  onClose,
}: {
  person: Person;
  graceDays: number;
  onDone: (text: string) => void;
  onClose: () => void;
}) {
  const erase = usePersonAction(person.id, "erase");
  const within = graceDays === 1 ? "one day" : `${graceDays} days`;
  return (
    <DeleteDialog
      what="person"
      verb="Erase"
      name={person.name}
      mutation={{
        isPending: erase.isPending,
        error: erase.error,
        mutateAsync: (name) =>
          erase
            .mutateAsync(name)
            .then(() =>
              onDone(
                graceDays > 0
                  ? `${person.name} is signed out and will be erased. You can take it back for ${within}.`
                  : `${person.name} is signed out and is being erased.`,
              ),
            ),
      }}
      onClose={onClose}
    >
      The account is deactivated now, and workspaces are saved and stopped.{" "}
      {graceDays > 0 ? `For ${within} you can take this back. Then` : "Then, and nobody can take it back,"} their files
      with all snapshots, submissions with marks, invitations and addresses are removed for good. The audit log and what
      they made for others keep a pseudonym. Backups of the school keep a copy until they age out. If they want their
      data, make a copy of it first.
    </DeleteDialog>
  );
}

export function PersonDialog({
  person,
  action,
  onDone,
  onClose,
}: {
  person: Person;
  action: Exclude<PersonAction, "erase">;
  onDone: (text: string) => void;
  onClose: () => void;
}) {
  const change = usePersonAction(person.id, action);
  const words = WORDS[action];
  return (
    <ConfirmDialog
      title={words.title(person.name)}
      action={words.verb}
      tone={action === "reactivate" || action === "keep" ? "primary" : "danger"}
      mutation={{
        isPending: change.isPending,
        error: change.error,
        mutateAsync: () => change.mutateAsync("").then(() => onDone(words.done(person.name))),
      }}
      onClose={onClose}
    >
      {words.text}
    </ConfirmDialog>
  );
}
