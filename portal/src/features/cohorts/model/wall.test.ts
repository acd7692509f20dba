// @vitest-environment node
import { expect, it } from "vitest";

import type { Tile } from "@/lib/api/types";

import { summary, wallTiles } from "./wall";

const NOW = Date.parse("2026-11-30T09:30:00Z");

function tile(name: string, changes: Partial<Tile> = {}): Tile {
  return {
    student: { id: `id-${name}`, name },
    state: "running",
    activity: { at: "2026-11-30T09:29:00Z", reason: "typed in the editor", is_start: false },
    running_since: "2026-11-30T09:00:00Z",
    failure: null,
    asked_at: null,
    helpers: [],
    may_open: false,
    may_look: false,
    ...changes,
  };
}

const CLASS: Tile[] = [
  tile("Ada"),
  tile("Ben", { activity: { at: "2026-11-30T09:18:10Z", reason: "ran npm (a busy job)", is_start: false } }),
  tile("Cem", { state: null, activity: null, running_since: null }),
  tile("Dana", { asked_at: "2026-11-30T09:26:00Z" }),
  tile("Eli", { state: "stopped", failure: "The workspace did not start." }),
  tile("Fay", { asked_at: "2026-11-30T09:20:00Z", state: "stopped" }),
  tile("Gus", { state: "starting", activity: null }),
  tile("Hal", { activity: null }),
];

it("shows first who asks for help, the longest waiting before the others, then who is stuck or away", () => {
  const names = wallTiles(CLASS, NOW, false).map(({ name }) => name);
  expect(names).toEqual(["Fay", "Dana", "Eli", "Ben", "Hal", "Gus", "Ada", "Cem"]);
});

it("says whether each is here, and what they did last", () => {
  const said = wallTiles(CLASS, NOW, false).map(({ name, status, detail }) => [name, status, detail].join(": "));
  expect(said).toEqual([
    "Fay: Stopped: Typed in the editor, 1 minute ago",
    "Dana: Here: Typed in the editor, 1 minute ago",
    "Eli: Did not start: Typed in the editor, 1 minute ago",
    "Ben: Away for 11 minutes: Ran npm (a busy job), 11 minutes ago",
    "Hal: Away for 30 minutes: ",
    "Gus: Starting: ",
    "Ada: Here: Typed in the editor, 1 minute ago",
    "Cem: Not started yet: ",
  ]);
});

it("counts the class in one line", () => {
  expect(summary(wallTiles(CLASS, NOW, false))).toBe(
    "2 ask for help · 1 did not start · 1 here · 2 away · 1 starting or stopping · 1 not working",
  );
  expect(summary(wallTiles([tile("Ada", { asked_at: "2026-11-30T09:26:00Z" })], NOW, false))).toBe("1 asks for help");
});

it("hides names, and each student keeps the number", () => {
  const hidden = wallTiles(CLASS, NOW, true);
  expect(hidden.find(({ id }) => id === "id-Dana")?.name).toBe("Student 4");
  expect(JSON.stringify(hidden.map(({ name }) => name))).not.toContain("Ada");
});

it("takes nobody for here whose workspace was only started, as for a whole class", () => {
  const started = (at: string) =>
    tile("Ada", { activity: { at, reason: "launched it", is_start: true }, running_since: at });
  const [fresh] = wallTiles([started("2026-11-30T09:28:00Z")], NOW, false);
  expect(fresh).toMatchObject({ standing: "absent", status: "Not used yet", detail: "Started, 2 minutes ago" });
  const [long] = wallTiles([started("2026-11-30T09:18:00Z")], NOW, false);
  expect(long).toMatchObject({ standing: "away", status: "Away for 12 minutes", detail: "Started, 12 minutes ago" });
});
