import { useSyncExternalStore } from "react";

import type { WorkspaceKind } from "@/lib/api/types";

const listeners = new Set<() => void>();
/** Remembers the choice for this page when the browser blocks storage. */
const closedHere = new Map<string, boolean>();

/** The key contains the person, because computers in a classroom are shared. */
const keyOf = (personId: string, kind: WorkspaceKind) => `apranova-guide-closed:${personId}:${kind}`;

function isClosed(key: string): boolean {
  const here = closedHere.get(key);
  if (here !== undefined) return here;
  try {
    return localStorage.getItem(key) !== null;
  } catch {
    return false;
  }
}

function remember(key: string, closed: boolean): void {
  closedHere.set(key, closed);
  try {
    if (closed) localStorage.setItem(key, "1");
    else localStorage.removeItem(key);
  } catch {
    // Storage is blocked: the choice lasts as long as this page.
  }
  listeners.forEach((listener) => listener());
}

/** Whether the guide to a kind is open for this person; it is open until they close it. */
export function useGuideOpen(personId: string, kind: WorkspaceKind): [boolean, (open: boolean) => void] {
  const key = keyOf(personId, kind);
  const open = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => !isClosed(key),
    () => false,
  );
  return [open, (wanted) => remember(key, !wanted)];
}
