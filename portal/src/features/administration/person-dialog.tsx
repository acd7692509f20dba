"use client";

import { ConfirmDialog } from "@/components/confirm-dialog";
import type { Person } from "@/lib/api/types";

import { type PersonAction, usePersonAction } from "./use-people";

/** What each action is called, what it will do, and what it has done. */
const WORDS: Record<
  PersonAction,
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
    text: "Their authenticator app and recovery codes stop working: the password alone signs them in, until they set it up again. Be sure that it is them who asks.",
    done: (name) => `${name} can sign in without a code now.`,
  },
};

export function PersonDialog({
  person,
  action,
  onDone,
  onClose,
}: {
  person: Person;
  action: PersonAction;
  onDone: (text: string) => void;
  onClose: () => void;
}) {
  const change = usePersonAction(person.id, action);
  const words = WORDS[action];
  return (
    <ConfirmDialog
      title={words.title(person.name)}
      action={words.verb}
      tone={action === "reactivate" ? "primary" : "danger"}
      mutation={{
        isPending: change.isPending,
        error: change.error,
        mutateAsync: () => change.mutateAsync().then(() => onDone(words.done(person.name))),
      }}
      onClose={onClose}
    >
      {words.text}
    </ConfirmDialog>
  );
}
