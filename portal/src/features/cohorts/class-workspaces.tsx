"use client";

import { EllipsisIcon } from "lucide-react";
import { useState } from "react";

import { ConfirmDialog } from "@/components/confirm-dialog";
import { Menu } from "@/components/menu";
import type { ClassWorkspaces as Outcome } from "@/lib/api/types";

import { countOf } from "./model/class-times";
import { useClassWorkspaces } from "./use-wall";

type Action = "start" | "stop";

export interface Done {
  text: string;
  /** None failed. */
  good: boolean;
}

const ACTIONS = {
  start: {
    label: "Start everybody’s workspace",
    title: "Start the workspaces of this class?",
    verb: "Start",
    tone: "primary",
    text: "Each student finds the editor open. Workspaces that nobody uses stop by themselves.",
  },
  stop: {
    label: "Save and stop all",
    title: "Save and stop all workspaces of this class?",
    verb: "Save and stop",
    tone: "danger",
    text: "Files and open editors are saved. Programs that run in the workspaces end. Students can launch again at once.",
  },
} as const;

/** Starts or stops the workspaces of the whole class. `onDone` hears what became of it. */
export function ClassWorkspaces({ cohortId, onDone }: { cohortId: string; onDone: (done: Done) => void }) {
  const [asked, setAsked] = useState<Action | null>(null);
  const change = useClassWorkspaces(cohortId);
  const { isPending, error } = change;
  const ask = (action: Action) => {
    change.reset();
    setAsked(action);
  };
  return (
    <>
      <Menu
        label="Workspaces of the class"
        button={<EllipsisIcon className="size-5" />}
        buttonClassName="text-muted hover:text-ink hover:bg-sunken grid size-10 place-items-center rounded-lg"
        entries={[
          { label: ACTIONS.start.label, onSelect: () => ask("start") },
          { label: ACTIONS.stop.label, danger: true, onSelect: () => ask("stop") },
        ]}
      />
      {asked !== null && (
        <ConfirmDialog
          title={ACTIONS[asked].title}
          action={ACTIONS[asked].verb}
          tone={ACTIONS[asked].tone}
          mutation={{
            isPending,
            error,
            mutateAsync: async () => onDone(inWords(asked, await change.mutateAsync(asked))),
          }}
          onClose={() => setAsked(null)}
        >
          {ACTIONS[asked].text}
        </ConfirmDialog>
      )}
    </>
  );
}

function inWords(action: Action, { changed, failed, failure }: Outcome): Done {
  const [doing, done] = action === "start" ? ["being started", "started"] : ["being saved and stopped", "stopped"];
  const parts = [
    changed > 0 ? `${countOf(changed, "workspace is", "workspaces are")} ${doing}.` : "",
    failed > 0 ? `${countOf(failed, "workspace")} could not be ${done}: ${failure}` : "",
  ].filter((part) => part !== "");
  const nothing = action === "start" ? "Every workspace runs already." : "No workspace runs.";
  return { text: parts.join(" ") || nothing, good: failed === 0 };
}
