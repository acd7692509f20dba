"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { useState } from "react";

import { Alert } from "@/components/alert";
import { Button, buttonClass } from "@/components/button";
import { LoadFailure } from "@/components/failure";
import { LoadingPanel, Panel } from "@/components/panel";
import { ApiError } from "@/lib/api/errors";
import type { Checkpoint, History } from "@/lib/api/types";
import { duration } from "@/lib/time";
import { useIsClient } from "@/lib/use-is-client";
import { useLastingError } from "@/lib/use-lasting-error";
import { useNow } from "@/lib/use-now";

import { useHistory, type Whose } from "./api";
import { byDay, causeOf, changedWords, timeOf } from "./model";
import { PastFiles } from "./past-files";
import { PutBackDialog } from "./put-back-dialog";

/** One static page for all workspaces: the id comes from the address. */
export function HistoryPage() {
  const path = usePathname();
  const [, , workspace = ""] = useIsClient() ? path.split("/") : [];
  const of = { workspace };
  const history = useHistory(workspace === "" ? null : of);
  const error = useLastingError(history);
  return (
    <>
      <p className="mb-2 text-sm">
        <Link href="/dashboard" className="font-medium text-accent underline-offset-4 hover:underline">
          Back to the dashboard
        </Link>
      </p>
      <h1 className="mb-6 text-2xl font-semibold tracking-tight sm:text-3xl">Back in time</h1>
      {history.data?.instructors_see_it === true && (
        <p className="mb-4 text-sm text-muted">Your school lets your instructors read this history, too.</p>
      )}
      {history.data !== undefined ? (
        <HistoryView of={of} history={history.data} />
      ) : error === null ? (
        <LoadingPanel label="Loading the history of your files" />
      ) : (
        <CannotShow query={history} error={error} />
      )}
    </>
  );
}

function CannotShow({ query, error }: { query: Parameters<typeof LoadFailure>[0]["query"]; error: Error }) {
  if (!(error instanceof ApiError && (error.status === 404 || error.status === 422))) {
    return <LoadFailure query={query} error={error} title="The history cannot be shown right now" />;
  }
  return (
    <Alert
      tone="info"
      title="Workspace not found"
      action={
        <Link href="/dashboard" className={buttonClass("secondary")}>
          Your workspace
        </Link>
      }
    >
      You have no workspace at this address.
    </Alert>
  );
}

export function HistoryView({ of, history }: { of: Whose; history: History }) {
  const own = "workspace" in of;
  const { items } = history;
  const [chosen, setChosen] = useState<string>();
  const every = duration(history.every_minutes * 60);
  // A moment that was thinned out meanwhile gives way to the newest one.
  const checkpoint = items.find(({ id }) => id === chosen) ?? items[0];
  if (checkpoint === undefined) {
    return (
      <Alert tone="info" title="There is no history yet">
        {own
          ? `While you work, your files are kept every ${every}, and once more when your workspace stops. Come back then.`
          : `While the student works, their files are kept every ${every}, and once more when the workspace stops.`}
      </Alert>
    );
  }
  const before = items[items.indexOf(checkpoint) + 1];
  return (
    <div className="grid gap-5 lg:grid-cols-[minmax(0,20rem)_minmax(0,1fr)]">
      <Panel
        id="moments"
        title="Moments"
        description={`Every ${every} while ${own ? "you work" : "the student works"}, and at each stop.`}
      >
        <Timeline own={own} items={items} chosen={checkpoint.id} onChoose={setChosen} />
      </Panel>
      <Moment key={checkpoint.id} of={of} checkpoint={checkpoint} before={before} />
    </div>
  );
}

interface TimelineProps {
  own: boolean;
  items: readonly Checkpoint[];
  chosen: string;
  onChoose: (id: string) => void;
}

function Timeline({ own, items, chosen, onChoose }: TimelineProps) {
  const nowMs = useNow(60_000);
  return (
    <div className="max-h-80 space-y-4 overflow-y-auto p-1 lg:max-h-[65vh]">
      {byDay(items, nowMs).map(({ label, checkpoints }) => (
        <section key={label} aria-label={label}>
          <h3 className="mb-1 text-sm font-semibold">{label}</h3>
          <ul className="space-y-1">
            {checkpoints.map((one) => (
              <li key={one.id}>
                <button
                  type="button"
                  aria-current={one.id === chosen || undefined}
                  onClick={() => onChoose(one.id)}
                  className="w-full rounded-lg px-3 py-2 text-left text-sm hover:bg-sunken aria-[current]:bg-accent-soft"
                >
                  <span className="font-medium">{timeOf(one)}</span>{" "}
                  <span className="text-muted">{causeOf(one, own)}</span>
                  <span className="block wrap-anywhere text-muted">{changedWords(one)}</span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

interface MomentProps {
  of: Whose;
  checkpoint: Checkpoint;
  before: Checkpoint | undefined;
}

function Moment({ of, checkpoint, before }: MomentProps) {
  const nowMs = useNow(60_000);
  const [puttingBack, setPuttingBack] = useState(false);
  const { left_out, left_out_count } = checkpoint;
  const [day] = byDay([checkpoint], nowMs);
  const when = `${day?.label ?? ""}, ${timeOf(checkpoint)}`;
  return (
    <Panel
      id="files"
      title={"workspace" in of ? `Your files: ${when}` : when}
      description={`Kept ${causeOf(checkpoint, "workspace" in of)}.`}
    >
      <PastFiles of={of} checkpoint={checkpoint.id} before={before} when={when} />
      {"workspace" in of && (
        <div className="mt-5 flex flex-wrap gap-3">
          <Button onClick={() => setPuttingBack(true)}>Put everything back …</Button>
        </div>
      )}
      {left_out_count > 0 && (
        <details className="mt-4 text-sm">
          <summary className="cursor-pointer">
            {left_out_count === 1 ? "One thing is" : `${left_out_count} things are`} not in this moment
          </summary>
          <ul className="mt-2 space-y-1 text-muted">
            {left_out.map(({ name, reason }) => (
              <li key={name} className="wrap-anywhere">
                <code>{name}</code> {reason}
              </li>
            ))}
            {left_out_count > left_out.length && <li>and {left_out_count - left_out.length} more</li>}
          </ul>
        </details>
      )}
      {puttingBack && "workspace" in of && (
        <PutBackDialog
          place={{ of, checkpoint: checkpoint.id, path: "" }}
          what="everything"
          when={when}
          onClose={() => setPuttingBack(false)}
        />
      )}
    </Panel>
  );
}
