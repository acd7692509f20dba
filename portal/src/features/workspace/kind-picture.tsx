import type { WorkspaceKind } from "@/lib/api/types";

import { KINDS } from "./kinds";

/** A drawing of a workspace of this kind. It is decoration; the text next to it says the same. */
export function KindPicture({ kind }: { kind: WorkspaceKind }) {
  return (
    <svg viewBox="0 0 240 160" className="h-auto w-full drop-shadow-md" aria-hidden="true">
      <rect x="8" y="8" width="224" height="144" rx="10" className="fill-surface stroke-line" strokeWidth="1.5" />
      <path d="M8 18a10 10 0 0 1 10-10h204a10 10 0 0 1 10 10v10H8z" className="fill-sunken" />
      <circle cx="20" cy="18" r="3" className="fill-line" />
      <circle cx="30" cy="18" r="3" className="fill-line" />
      <circle cx="40" cy="18" r="3" className="fill-line" />
      {KINDS[kind].drawing}
    </svg>
  );
}
