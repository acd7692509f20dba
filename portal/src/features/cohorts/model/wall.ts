import type { Helper, Tile } from "@/lib/api/types";
import { ago, duration } from "@/lib/time";

/** Without activity for so long, a student is away. */
const AWAY_AFTER_MS = 5 * 60_000;

export type Standing = "asks" | "failed" | "away" | "moving" | "here" | "absent";

/** Who needs the instructor first. */
const ORDER: Record<Standing, number> = { asks: 0, failed: 1, away: 2, moving: 3, here: 4, absent: 5 };

export interface WallTile {
  id: string;
  name: string;
  standing: Standing;
  /** "Asks for help since 4 minutes ago" is told apart from what the workspace does. */
  askedAt: string | null;
  /** Here or away, or the workspace's state. */
  status: string;
  /** The last activity and when, or nothing. */
  detail: string;
  /** Who is in the workspace to help. */
  helpers: readonly Helper[];
  /** An instructor of the class may open the workspace now. */
  mayOpen: boolean;
  /** They may look at the files now. */
  mayLook: boolean;
}

/** The tiles in the order of who needs somebody; `items` are by name. */
export function wallTiles(items: readonly Tile[], nowMs: number, namesHidden: boolean): WallTile[] {
  const tiles = items.map((tile, index) =>
    wallTile(tile, namesHidden ? `Student ${index + 1}` : tile.student.name, nowMs),
  );
  return tiles
    .map((tile, index) => ({ tile, index }))
    .sort(
      (a, b) => ORDER[a.tile.standing] - ORDER[b.tile.standing] || since(a.tile) - since(b.tile) || a.index - b.index,
    )
    .map(({ tile }) => tile);
}

function since({ askedAt }: WallTile): number {
  return askedAt === null ? 0 : Date.parse(askedAt);
}

function wallTile(tile: Tile, name: string, nowMs: number): WallTile {
  const present = presence(tile, nowMs);
  const activity = tile.activity;
  return {
    id: tile.student.id,
    name,
    standing: tile.asked_at !== null ? "asks" : present.standing,
    askedAt: tile.asked_at,
    status: present.status,
    helpers: tile.helpers,
    mayOpen: tile.may_open,
    mayLook: tile.may_look,
    detail: activity === null ? "" : `${whatLast(activity)}, ${ago(activity.at, nowMs)}`,
  };
}

function presence(tile: Tile, nowMs: number): { standing: Standing; status: string } {
  switch (tile.state) {
    case null:
      return { standing: "absent", status: "Not started yet" };
    case "starting":
      return { standing: "moving", status: "Starting" };
    case "stopping":
      return { standing: "moving", status: "Stopping" };
    case "running": {
      const quietMs = nowMs - Date.parse(tile.activity?.at ?? tile.running_since ?? new Date(nowMs).toISOString());
      if (quietMs < AWAY_AFTER_MS) {
        return tile.activity?.is_start === true
          ? { standing: "absent", status: "Not used yet" }
          : { standing: "here", status: "Here" };
      }
      return { standing: "away", status: `Away for ${duration(Math.floor(quietMs / 60_000) * 60)}` };
    }
    default:
      return tile.failure === null
        ? { standing: "absent", status: "Stopped" }
        : { standing: "failed", status: "Did not start" };
  }
}

function whatLast({ reason, is_start }: NonNullable<Tile["activity"]>): string {
  return is_start ? "Started" : reason.charAt(0).toUpperCase() + reason.slice(1);
}

/** "2 ask for help · 14 here · 3 away · 1 did not start · 4 not working" */
export function summary(tiles: readonly WallTile[]): string {
  const count = (...standings: Standing[]) => tiles.filter(({ standing }) => standings.includes(standing)).length;
  const asking = count("asks");
  const parts: [number, string][] = [
    [asking, asking === 1 ? "asks for help" : "ask for help"],
    [count("failed"), "did not start"],
    [count("here"), "here"],
    [count("away"), "away"],
    [count("moving"), "starting or stopping"],
    [count("absent"), "not working"],
  ];
  return parts
    .filter(([number]) => number > 0)
    .map(([number, words]) => `${number} ${words}`)
    .join(" · ");
}
