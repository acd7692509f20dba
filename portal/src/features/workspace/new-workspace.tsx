"use client";

import { useState } from "react";

import type { Kind, WorkspaceKind } from "@/lib/api/types";

import { KIND_WORDS } from "./model/kinds";
import { WorkspaceCard } from "./workspace-card";

/** The card of a workspace that is still to be made; who may have several kinds chooses one first. */
export function NewWorkspace({ kinds, choices }: { kinds: readonly Kind[]; choices: readonly WorkspaceKind[] }) {
  const [chosen, setChosen] = useState<WorkspaceKind | undefined>(
    () => choices.find((choice) => kinds.some(({ kind, ready }) => kind === choice && ready)) ?? choices[0],
  );
  const kind = chosen !== undefined && choices.includes(chosen) ? chosen : choices[0];
  if (kind === undefined) return null;
  return (
    <>
      {choices.length > 1 && (
        <fieldset>
          <legend className="text-sm font-medium">Kind of workspace</legend>
          <div className="mt-2 flex flex-wrap gap-2">
            {choices.map((choice) => (
              <label
                key={choice}
                className="flex min-h-11 cursor-pointer items-center gap-2.5 rounded-lg border border-line bg-surface px-4 text-sm font-medium has-checked:border-accent has-checked:bg-accent-soft has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent"
              >
                <input
                  type="radio"
                  name="kind"
                  value={choice}
                  checked={choice === kind}
                  onChange={() => setChosen(choice)}
                  className="accent-accent outline-none"
                />
                {KIND_WORDS[choice].name}
              </label>
            ))}
          </div>
        </fieldset>
      )}
      <WorkspaceCard key={kind} kind={kind} workspace={null} kinds={kinds} />
    </>
  );
}
