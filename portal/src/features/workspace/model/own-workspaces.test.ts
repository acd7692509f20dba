import { describe, expect, it } from "vitest";

import type { Kind, Me, Workspace, WorkspaceKind, WorkspaceState } from "@/lib/api/types";

import { likelyKind, ownKinds, workspaceToFollow } from "./own-workspaces";

const READY: Kind[] = [
  { kind: "vscode", ready: true, text: "" },
  { kind: "superset", ready: true, text: "" },
];
const person = (kinds: WorkspaceKind[]) => ({ id: "1", kinds }) as Me;
const workspace = (id: string, kind: WorkspaceKind, state: WorkspaceState, deleted_at: string | null = null) =>
  ({ id, kind, state, deleted_at, owner: { id: "1", name: "Amara" } }) as Workspace;
const list = (...items: Workspace[]) => ({ items, kinds: READY, notices: [] });

describe("the kinds of a person", () => {
  it("are those of the account, launched or not, the usual one first", () => {
    const own = ownKinds(person(["vscode", "superset"]), list(workspace("a", "superset", "running")));
    expect(own.map(({ kind, workspaces }) => [kind, workspaces.length])).toEqual([
      ["vscode", 0],
      ["superset", 1],
    ]);
  });

  it("include one that is no longer theirs as long as they own a workspace of it", () => {
    const own = ownKinds(person(["superset"]), list(workspace("a", "vscode", "stopped")));
    expect(own.map(({ kind }) => kind)).toEqual(["superset", "vscode"]);
  });

  it("put the live workspace before deleted ones, whatever order they come in", () => {
    const items = [
      workspace("old", "vscode", "deleted", "2026-03-01T09:00:00Z"),
      workspace("newer", "vscode", "deleted", "2026-03-02T09:00:00Z"),
      workspace("live", "vscode", "stopped"),
    ];
    const [own] = ownKinds(person(["vscode"]), list(...items));
    expect(own?.workspaces.map(({ id }) => id)).toEqual(["live", "newer", "old"]);
  });

  it("leave out the workspaces of others", () => {
    const foreign = { ...workspace("a", "vscode", "running"), owner: { id: "2", name: "Ben" } };
    expect(ownKinds(person(["vscode"]), list(foreign))).toEqual([{ kind: "vscode", workspaces: [] }]);
  });
});

describe("the kind that is shown first", () => {
  const likely = (kinds: Kind[], ...items: Workspace[]) =>
    likelyKind(ownKinds(person(["vscode", "superset"]), list(...items)), kinds);

  it("is one that runs, otherwise one that the person has", () => {
    const [stopped, running] = [workspace("a", "vscode", "stopped"), workspace("b", "superset", "running")];
    expect(likely(READY, stopped, running)).toBe("superset");
    expect(likely(READY, workspace("b", "superset", "stopped"))).toBe("superset");
  });

  it("is one that can be launched when there is no workspace yet", () => {
    expect(likely(READY)).toBe("vscode");
    expect(likely([{ kind: "superset", ready: true, text: "" }])).toBe("superset");
    expect(likely([])).toBe("vscode");
  });
});

describe("the workspace whose events are followed", () => {
  it("is one that moves, then one that runs, then one that is not deleted", () => {
    const deleted = workspace("a", "vscode", "deleted", "2026-03-01T09:00:00Z");
    const stopped = workspace("b", "vscode", "stopped");
    const running = workspace("c", "superset", "running");
    expect(workspaceToFollow(list(running, workspace("d", "vscode", "starting")), "1")?.id).toBe("d");
    expect(workspaceToFollow(list(deleted, stopped, running), "1")?.id).toBe("c");
    expect(workspaceToFollow(list(deleted, stopped), "1")?.id).toBe("b");
    expect(workspaceToFollow(undefined, "1")).toBeUndefined();
  });
});
