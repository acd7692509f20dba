import type { Kind, WorkspaceKind } from "@/lib/api/types";

export const KIND_WORDS: Record<WorkspaceKind, { name: string; promise: string }> = {
  vscode: { name: "Visual Studio Code", promise: "your editor, terminal and files" },
  superset: { name: "Apache Superset", promise: "your data, charts and dashboards" },
};

/** Why a kind cannot be launched now, in the manager's words; null when it can. */
export function kindObstacle(kind: WorkspaceKind, kinds: readonly Kind[]): string | null {
  const found = kinds.find((candidate) => candidate.kind === kind);
  if (found?.ready === true) return null;
  if (found === undefined) return "This kind of workspace is not part of this installation.";
  return found.text === "" ? "This kind of workspace is not ready yet." : found.text;
}
