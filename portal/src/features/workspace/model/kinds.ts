import type { Kind, WorkspaceKind } from "@/lib/api/types";

interface KindWords {
  name: string;
  promise: string;
  /** What a stop ends and what comes back, for who is about to restart. */
  restart: string;
  /** What a delete takes away. */
  contents: string;
  /** What is left after an end that nobody asked for. */
  afterUnexpectedEnd: string;
}

export const KIND_WORDS: Record<WorkspaceKind, KindWords> = {
  vscode: {
    name: "Visual Studio Code",
    promise: "Your editor, terminal and files",
    restart: "Programs that run in the terminal end; your files, open editors and unsaved text come back.",
    contents: "all its files",
    afterUnexpectedEnd: "Your files are there; what was not saved to a file comes back with the editor.",
  },
  superset: {
    name: "Apache Superset",
    promise: "Your data, charts and dashboards",
    restart: "A query that is running ends; your charts, dashboards, queries and uploaded tables come back.",
    contents: "all its charts, dashboards, queries and uploaded tables",
    afterUnexpectedEnd: "Your charts, dashboards and uploaded tables are there.",
  },
};

/** Why a kind cannot be launched now, in the manager's words; null when it can. */
export function kindObstacle(kind: WorkspaceKind, kinds: readonly Kind[]): string | null {
  const found = kinds.find((candidate) => candidate.kind === kind);
  if (found?.ready === true) return null;
  if (found === undefined) return "This kind of workspace is not part of this installation.";
  return found.text === "" ? "This kind of workspace is not ready yet." : found.text;
}
