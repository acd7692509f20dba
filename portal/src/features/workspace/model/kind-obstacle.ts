import type { Kind, WorkspaceKind } from "@/lib/api/types";

/** Why a kind cannot be launched now, in the server's words; null when it can be launched. */
export function kindObstacle(kind: WorkspaceKind, kinds: readonly Kind[]): string | null {
  const found = kinds.find((candidate) => candidate.kind === kind);
  if (found?.ready === true) return null;
  if (found === undefined) return "This kind of workspace is not available here. Ask your school.";
  return found.text === ""
    ? "This kind of workspace is not ready yet. It becomes available as soon as it is."
    : found.text;
}
