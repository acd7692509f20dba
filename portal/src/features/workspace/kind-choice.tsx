"use client";

import type { WorkspaceKind } from "@/lib/api/types";

import { KIND_WORDS } from "./model/kinds";

interface KindChoiceProps {
  choices: readonly WorkspaceKind[];
  chosen: WorkspaceKind;
  onChoose: (kind: WorkspaceKind) => void;
}

export function KindChoice({ choices, chosen, onChoose }: KindChoiceProps) {
  return (
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
              checked={choice === chosen}
              onChange={() => onChoose(choice)}
              className="accent-accent outline-none"
            />
            {KIND_WORDS[choice].name}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
