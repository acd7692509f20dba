"use client";

import { EyeIcon, EyeOffIcon, MaximizeIcon, MessageSquareIcon } from "lucide-react";
import Link from "next/link";
import { useRef, useState } from "react";

import { Alert } from "@/components/alert";
import { Button } from "@/components/button";
import { Failure, LoadFailure } from "@/components/failure";
import { Skeleton } from "@/components/panel";
import { useKeepFocus } from "@/components/use-keep-focus";
import type { CohortDetail } from "@/lib/api/types";
import { teaches } from "@/lib/roles";
import { ago } from "@/lib/time";
import { useMayChange } from "@/lib/session/may-change";
import { useMe } from "@/lib/session/use-me";
import { useLastingError } from "@/lib/use-lasting-error";
import { useNow } from "@/lib/use-now";

import { ClassWorkspaces, type Done } from "./class-workspaces";
import { MessageDialog } from "./message-dialog";
import { type Standing, summary, type WallTile, wallTiles } from "./model/wall";
import { useAnswerHelp, useVisit, useWall } from "./use-wall";

const LOOKS: Record<Standing, string> = {
  asks: "border-warn bg-warn-soft",
  failed: "border-bad bg-bad-soft",
  away: "border-line bg-sunken",
  moving: "border-line bg-surface",
  here: "border-good bg-good-soft",
  absent: "border-line border-dashed bg-surface",
};

/** "25 workspaces are being started": after that the tiles say what became of it. */
const SAID_FOR_MS = 60_000;

/** A tile for each student, who needs somebody first; fills the screen of a projector. */
export function WallPanel({ cohort }: { cohort: CohortDetail }) {
  const mayChange = useMayChange();
  const wall = useWall(cohort.id);
  const error = useLastingError(wall);
  const [namesHidden, setNamesHidden] = useState(false);
  const [done, setDone] = useState<(Done & { at: number }) | null>(null);
  const [writing, setWriting] = useState<Addressee>();
  const panel = useRef<HTMLElement>(null);
  const now = useNow(10_000);
  const tiles = wall.data === undefined ? null : wallTiles(wall.data.items, now, namesHidden);
  // "Helped" goes with its button: the next Tab finds whoever waits longest now.
  useKeepFocus(panel, (tiles ?? []).flatMap((tile) => (tile.askedAt === null ? [] : [tile.id])).join());
  if (cohort.members.length === 0) return null;
  return (
    <section
      ref={panel}
      aria-labelledby="wall"
      className="overflow-y-auto rounded-2xl border border-line bg-surface p-6 shadow-xs"
    >
      <div className="flex flex-wrap items-start justify-between gap-3">
        <div className="min-w-0">
          <h2 id="wall" className="text-lg font-semibold">
            The class right now
          </h2>
          <p role="status" className="mt-1 text-sm text-muted">
            {tiles === null ? "" : summary(tiles)}
          </p>
        </div>
        <div className="flex flex-wrap gap-2">
          <Button aria-pressed={namesHidden} onClick={() => setNamesHidden(!namesHidden)}>
            {namesHidden ? <EyeIcon className="size-4" /> : <EyeOffIcon className="size-4" />}
            Hide names
          </Button>
          {mayChange && (
            <Button onClick={() => setWriting(null)}>
              <MessageSquareIcon className="size-4" />
              Write to the class
            </Button>
          )}
          <Button onClick={() => void toggleFullScreen(panel.current)}>
            <MaximizeIcon className="size-4" />
            Full screen
          </Button>
          {mayChange && (
            <ClassWorkspaces cohortId={cohort.id} onDone={(what) => setDone({ ...what, at: Date.now() })} />
          )}
        </div>
      </div>
      {done !== null && (!done.good || now - done.at < SAID_FOR_MS) && (
        <div className="mt-4">
          <Alert tone={done.good ? "good" : "warn"} urgent>
            {done.text}
          </Alert>
        </div>
      )}
      {error !== null && (
        <div className="mt-4">
          <LoadFailure query={wall} error={error} title="The class cannot be shown right now" />
        </div>
      )}
      {tiles === null && error === null && <Skeleton className="mt-5 h-24" />}
      {tiles !== null && (
        <ul
          aria-labelledby="wall"
          tabIndex={-1}
          data-main-action
          className="mt-4 grid grid-cols-[repeat(auto-fill,minmax(8.5rem,1fr))] gap-2"
        >
          {tiles.map((tile) => (
            <TileCard
              key={tile.id}
              tile={tile}
              cohortId={cohort.id}
              now={now}
              onWrite={() => setWriting({ id: tile.id, name: tile.name })}
            />
          ))}
        </ul>
      )}
      {writing !== undefined && (
        <MessageDialog
          cohortId={cohort.id}
          student={writing}
          onSent={(what) => setDone({ ...what, at: Date.now() })}
          onClose={() => setWriting(undefined)}
        />
      )}
    </section>
  );
}

/** Null: the whole class. */
type Addressee = { id: string; name: string } | null;

interface TileCardProps {
  tile: WallTile;
  cohortId: string;
  now: number;
  onWrite: () => void;
}

function TileCard({ tile, cohortId, now, onWrite }: TileCardProps) {
  const mayChange = useMayChange();
  return (
    <li className={`flex min-w-0 flex-col rounded-lg border px-2.5 py-1.5 text-xs ${LOOKS[tile.standing]}`}>
      <div className="flex items-start justify-between gap-1">
        <p className="truncate text-sm font-medium" title={tile.name}>
          {tile.name}
        </p>
        {mayChange && (
          <button
            type="button"
            className="-mr-1.5 grid size-6 shrink-0 place-items-center rounded-md text-muted hover:bg-sunken hover:text-ink"
            aria-label={`Write to ${tile.name}`}
            onClick={onWrite}
          >
            <MessageSquareIcon className="size-4" />
          </button>
        )}
      </div>
      {tile.askedAt !== null && <p className="font-semibold text-warn">Asked for help {ago(tile.askedAt, now)}</p>}
      <p>{tile.status}</p>
      <p className="truncate text-muted" title={tile.detail}>
        {tile.detail === "" ? "\u00a0" : tile.detail}
      </p>
      {tile.helpers.map(({ id, name, mode }) => (
        <p key={`${id} ${mode}`} className="font-medium wrap-anywhere text-accent">
          {name} is {mode === "look" ? "looking" : "helping"}
        </p>
      ))}
      {tile.mayOpen && <Visit cohortId={cohortId} tile={tile} />}
      {tile.askedAt !== null && <HelpedButton cohortId={cohortId} tile={tile} />}
    </li>
  );
}

const SMALL_BUTTON = "mt-1 min-h-6 rounded-md border border-line bg-surface font-medium text-ink hover:bg-sunken";

/** Into the student's editor, or out of it. The student sees who is there. */
function Visit({ cohortId, tile }: { cohortId: string; tile: WallTile }) {
  const { begin, end } = useVisit(cohortId, tile.id);
  const me = useMe();
  const inside = tile.helpers.some(({ id, mode }) => id === me.data?.id && mode === "join");
  if (me.data === undefined || !teaches(me.data.role)) return null; // admins do not teach, and the API lets in nobody else
  return (
    <>
      <div className="flex gap-1">
        {tile.mayLook && (
          <Link
            href={`/cohorts/${cohortId}/students/${tile.id}/look`}
            className={`${SMALL_BUTTON} grid flex-1 place-items-center`}
            aria-label={`Look at the files of ${tile.name}`}
          >
            Look
          </Link>
        )}
        <button
          type="button"
          className={`${SMALL_BUTTON} flex-1`}
          aria-busy={begin.isPending || undefined}
          aria-label={`Open the workspace of ${tile.name}`}
          onClick={() => begin.mutate()}
        >
          Open
        </button>
      </div>
      {inside && (
        <button
          type="button"
          className={SMALL_BUTTON}
          aria-busy={end.isPending || undefined}
          aria-label={`Leave the workspace of ${tile.name}`}
          onClick={() => end.mutate()}
        >
          Leave
        </button>
      )}
      {begin.data != null && (
        <a href={begin.data} target="_blank" rel="noopener noreferrer" className="mt-1 text-accent underline">
          Your browser blocked the new tab. Open it here.
        </a>
      )}
      <Failure error={begin.error ?? end.error} />
    </>
  );
}

function HelpedButton({ cohortId, tile }: { cohortId: string; tile: WallTile }) {
  const lower = useAnswerHelp(cohortId, tile.id);
  return (
    <>
      <button
        type="button"
        className={SMALL_BUTTON}
        aria-busy={lower.isPending || undefined}
        aria-label={`${tile.name} has been helped`}
        onClick={() => lower.mutate()}
      >
        Helped
      </button>
      <Failure error={lower.error} />
    </>
  );
}

async function toggleFullScreen(element: HTMLElement | null): Promise<void> {
  if (document.fullscreenElement !== null) await document.exitFullscreen();
  else await element?.requestFullscreen();
}
