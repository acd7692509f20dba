"use client";

import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { Alert } from "@/components/alert";
import { LoadFailure } from "@/components/failure";
import { LoadingPanel, Panel } from "@/components/panel";
import { answer, api } from "@/lib/api/client";
import type { Capacity, Need } from "@/lib/api/types";
import { clock } from "@/lib/time";
import { useLastingError } from "@/lib/use-lasting-error";
import { useNow } from "@/lib/use-now";

import { Mark } from "./list-frame";
import { cohortsOf, gigabytes, memoryOf, partOf, workspacesOf } from "./model/capacity";

const POLL_MS = 10_000;

/** How much runs, how much more could, and what the classes of the next days need. */
export function CapacityTab() {
  const query = useQuery({
    queryKey: ["console", "capacity"],
    queryFn: ({ signal }) => answer(api.GET("/api/console/capacity/", { signal })),
    refetchInterval: POLL_MS,
  });
  const error = useLastingError(query);
  const nowMs = useNow(60_000);
  const capacity = query.data;
  return (
    <section aria-labelledby="capacity" className="space-y-5">
      <h2 id="capacity" className="text-lg font-semibold">
        Capacity
      </h2>
      {error !== null && <LoadFailure query={query} error={error} title="The capacity cannot be shown right now" />}
      {capacity === undefined && error === null && <LoadingPanel label="Loading the capacity" />}
      {capacity !== undefined && (
        <>
          <Now capacity={capacity} />
          <NextClasses capacity={capacity} nowMs={nowMs} />
          {capacity.pool !== null && <Pool pool={capacity.pool} />}
          {capacity.machine !== null && <Machine machine={capacity.machine} />}
        </>
      )}
    </section>
  );
}

function Now({ capacity }: { capacity: Capacity }) {
  const { running, starting, stopping } = capacity.sessions;
  const { memory_taken_mib: taken, memory_max_mib: most, tasks_max: tasks } = capacity;
  return (
    <Panel
      id="now"
      title="Now"
      description={
        most === null
          ? "On AWS each workspace has a machine of its own; the account's quota is the limit."
          : "Each workspace counts with the memory of its size. A launch that finds no room is refused, and its student is asked to try again."
      }
    >
      <Facts>
        <Fact name="Workspaces running">{running.toLocaleString("en")}</Fact>
        <Fact name="Starting">{starting.toLocaleString("en")}</Fact>
        <Fact name="Stopping">{stopping.toLocaleString("en")}</Fact>
        <Fact name="Memory of their sizes">
          {most === null ? gigabytes(taken) : `${gigabytes(taken).replace(" GB", "")} of ${gigabytes(most)}`}
          {most !== null && <Meter label="Memory of their sizes" part={taken / most} />}
        </Fact>
        {tasks !== null && <Fact name="At most at once">{tasks.toLocaleString("en")} workspaces</Fact>}
      </Facts>
    </Panel>
  );
}

function NextClasses({ capacity, nowMs }: { capacity: Capacity; nowMs: number }) {
  const { needs, more_needs: more, largest } = capacity;
  return (
    <Panel
      id="next-classes"
      title="Next classes"
      description="What the classes of the next seven days need, if everybody comes and nobody else works."
    >
      {needs.length === 0 && (
        <p className="text-sm text-muted">
          No class is in the timetables of the next seven days. Each cohort has its timetable on its page.
        </p>
      )}
      {largest !== null && !largest.fits && (
        <div className="mb-4">
          <Alert tone="warn" title={`Too small for ${cohortsOf(largest)}, ${clock(largest.at, nowMs)}`}>
            {workspacesOf(largest)}: {memoryOf(largest, capacity)}. Choose a smaller size for a cohort, move a class, or
            give the school more memory.
          </Alert>
        </div>
      )}
      {needs.length > 0 && (
        <ul aria-labelledby="next-classes" className="divide-y divide-line text-sm">
          {needs.map((need) => (
            <NeedItem key={need.at} need={need} capacity={capacity} nowMs={nowMs} />
          ))}
        </ul>
      )}
      {more > 0 && <p className="mt-3 text-sm text-muted">and {more.toLocaleString("en")} more in these days</p>}
    </Panel>
  );
}

function NeedItem({ need, capacity, nowMs }: { need: Need; capacity: Capacity; nowMs: number }) {
  return (
    <li className="grid gap-x-4 gap-y-0.5 py-2.5 sm:grid-cols-[10rem_minmax(0,1fr)_auto]">
      <p className="font-medium">
        {Date.parse(need.at) <= nowMs ? "Since " : ""}
        {clock(need.at, nowMs)}
      </p>
      <div className="min-w-0">
        <p className="wrap-anywhere">{cohortsOf(need)}</p>
        <p className="text-muted">{workspacesOf(need)}</p>
      </div>
      <p className="flex items-start gap-3 tabular-nums sm:justify-end">
        {memoryOf(need, capacity)}
        <Mark tone={need.fits ? "good" : "bad"}>{need.fits ? "Fits" : "Too much"}</Mark>
      </p>
    </li>
  );
}

function Pool({ pool }: { pool: NonNullable<Capacity["pool"]> }) {
  return (
    <Panel
      id="pool"
      title="Warm pool"
      description="Workspaces that are ready before anybody asks, so that a launch takes a second."
    >
      <Facts>
        <Fact name="Ready">{pool.ready.toLocaleString("en")}</Fact>
        <Fact name="Wanted">{pool.target.toLocaleString("en")}</Fact>
        <Fact name="Decided by">{pool.policy}</Fact>
        <Fact name="Warm hours today">
          {pool.spent_h.toLocaleString("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 })}
        </Fact>
      </Facts>
      {pool.reasons.length > 0 && (
        <>
          <h3 className="mt-5 text-sm font-medium">Why</h3>
          <ul className="mt-1 space-y-1 text-sm text-muted">
            {pool.reasons.map((reason, place) => (
              <li key={`${place} ${reason}`} className="wrap-anywhere">
                {reason}
              </li>
            ))}
          </ul>
        </>
      )}
    </Panel>
  );
}

function Machine({ machine }: { machine: NonNullable<Capacity["machine"]> }) {
  const used = machine.memory_bytes - machine.memory_free_bytes;
  return (
    <Panel id="machine" title="Machine">
      <Facts>
        <Fact name="Memory in use">
          {partOf(used, machine.memory_bytes)}
          <Meter label="Memory in use" part={used / machine.memory_bytes} />
        </Fact>
        {machine.workspaces_bytes > 0 && (
          <Fact name="By workspaces">{partOf(machine.workspaces_bytes, machine.memory_bytes)}</Fact>
        )}
        <Fact name="Processors">{machine.cpus}</Fact>
        <Fact name="Processors wanted">
          {machine.load.toLocaleString("en", { maximumFractionDigits: 1 })}
          {machine.load > 2 * machine.cpus && <span className="block text-warn">Programs wait for their turn</span>}
        </Fact>
        {machine.disks.map((disk) => (
          <Fact key={disk.place} name={`Disk with ${disk.place}`}>
            {partOf(disk.total_bytes - disk.free_bytes, disk.total_bytes)} used
            <Meter label={`Disk with ${disk.place}`} part={1 - disk.free_bytes / disk.total_bytes} />
            {disk.free_bytes < disk.reserve_bytes && <span className="block text-bad">Nearly full</span>}
          </Fact>
        ))}
      </Facts>
    </Panel>
  );
}

function Facts({ children }: { children: ReactNode }) {
  return <dl className="grid grid-cols-[repeat(auto-fit,minmax(min(100%,8.5rem),1fr))] gap-x-6 gap-y-4">{children}</dl>;
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-sm text-muted">{name}</dt>
      <dd className="mt-0.5 font-medium wrap-anywhere tabular-nums">{children}</dd>
    </div>
  );
}

const NEARLY = 0.9;

function Meter({ label, part }: { label: string; part: number }) {
  const percent = Math.round(Math.min(1, Math.max(0, part)) * 100);
  return (
    <svg
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      viewBox="0 0 100 4"
      preserveAspectRatio="none"
      className="mt-1.5 block h-1.5 w-full rounded-full bg-line"
    >
      <rect width={percent} height="4" className={part >= NEARLY ? "fill-bad" : "fill-accent"} />
    </svg>
  );
}
