import type { Checkpoint } from "@/lib/api/types";

export interface Day {
  label: string;
  checkpoints: Checkpoint[];
}

/** Newest first, as they come. */
export function byDay(items: readonly Checkpoint[], nowMs: number): Day[] {
  const days: Day[] = [];
  for (const checkpoint of items) {
    const label = dayLabel(checkpoint.taken_at, nowMs);
    const last = days.at(-1);
    if (last?.label === label) last.checkpoints.push(checkpoint);
    else days.push({ label, checkpoints: [checkpoint] });
  }
  return days;
}

function dayLabel(iso: string, nowMs: number): string {
  const at = new Date(iso).toDateString();
  if (at === new Date(nowMs).toDateString()) return "Today";
  if (at === new Date(nowMs - 86_400_000).toDateString()) return "Yesterday";
  return new Date(iso).toLocaleDateString(undefined, {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
  });
}

export const timeOf = ({ taken_at }: Checkpoint) =>
  new Date(taken_at).toLocaleTimeString(undefined, { timeStyle: "short" });

const CAUSES: Record<Checkpoint["cause"], string> = {
  work: "while you worked",
  stop: "when the workspace stopped",
  put_back: "before files were put back",
};

/** To the student, or to an instructor of theirs. */
export const causeOf = ({ cause }: Checkpoint, own: boolean) =>
  own ? CAUSES[cause] : CAUSES[cause].replace("you worked", "they worked");

/** "main.py and 3 more changed" */
export function changedWords({ changed, changed_count }: Checkpoint): string {
  const names = changed.map((path) => path.replace(/^project\//, ""));
  const [first, second] = names;
  if (first === undefined) return "";
  if (changed_count === 1) return `${first} changed`;
  if (changed_count === 2 && second !== undefined) return `${first} and ${second} changed`;
  return `${first} and ${changed_count - 1} more changed`;
}

export interface Step {
  name: string;
  path: string;
}

/** From the home down to a folder, each with its own path. */
export function stepsTo(path: string): Step[] {
  const parts = path === "" ? [] : path.split("/");
  return parts.map((part, index) => ({ name: readable(part), path: parts.slice(0, index + 1).join("/") }));
}

/** A name of the address, for people. A name that is no text stays as it is. */
function readable(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
