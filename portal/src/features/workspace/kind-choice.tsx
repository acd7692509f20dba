"use client";

import type { WorkspaceKind } from "@/lib/api/types";

import { KINDS } from "./kinds";
import type { OwnKind } from "./model/own-workspaces";

interface KindChoiceProps {
  choices: readonly OwnKind[];
  chosen: WorkspaceKind | undefined;
  onChoose: (kind: WorkspaceKind) => void;
}

export function KindChoice({ choices, chosen, onChoose }: KindChoiceProps) {
  return (
    <fieldset>
      <legend className="text-sm font-medium">Kind of workspace</legend>
      <div className="mt-2 flex flex-wrap gap-2">
        {choices.map(({ kind, workspaces: [current] }) => (
          <label
            key={kind}
            className="flex min-h-11 cursor-pointer items-center gap-2.5 rounded-lg border border-line bg-surface px-4 text-sm font-medium has-checked:border-accent has-checked:bg-accent-soft has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent"
          >
            <input
              type="radio"
              name="kind"
              value={kind}
              checked={kind === chosen}
              onChange={() => onChoose(kind)}
              className="accent-accent outline-none"
            />
            {KINDS[kind].name}
            {current?.state === "running" && (
              <span className="inline-flex items-center gap-1.5 text-good">
                <span aria-hidden="true" className="size-2 rounded-full bg-current" />
                Running
              </span>
            )}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
