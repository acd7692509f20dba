import type { Kind, WorkspaceKind } from "@/lib/api/types";

interface KindWords {
  name: string;
  promise: string;
  /** What a restart ends and what comes back. */
  restart: string;
  /** What is deleted with the workspace. */
  contents: string;
  /** What remains after an unexpected stop. */
  afterUnexpectedEnd: string;
}

export const KIND_WORDS: Record<WorkspaceKind, KindWords> = {
  vscode: {
    name: "Visual Studio Code",
    promise: "Your editor, terminal and files",
    restart: "Programs in the terminal are stopped. Your files, open editors and unsaved text come back.",
    contents: "all its files",
    afterUnexpectedEnd: "Your files are kept, and unsaved text comes back with the editor.",
  },
  superset: {
    name: "Apache Superset",
    promise: "Your data, charts and dashboards",
    restart: "Running queries are stopped. Your charts, dashboards, queries and uploaded tables come back.",
    contents: "all its charts, dashboards, queries and uploaded tables",
    afterUnexpectedEnd: "Your charts, dashboards and uploaded tables are kept.",
  },
};

/** Why a kind cannot be launched now, in the server's words; null when it can be launched. */
export function kindObstacle(kind: WorkspaceKind, kinds: readonly Kind[]): string | null {
  const found = kinds.find((candidate) => candidate.kind === kind);
  if (found?.ready === true) return null;
  if (found === undefined) return "This kind of workspace is not available here. Ask your school.";
  return found.text === ""
    ? "This kind of workspace is not ready yet. It becomes available as soon as it is."
    : found.text;
}
