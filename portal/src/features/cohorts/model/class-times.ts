import type { ClassTime, TimetableChange } from "@/lib/api/types";

/** Class times in words, in the cohort's time zone: that is where classes take place. */

export interface ClassDay {
  /** "Today", "Tomorrow", "Wednesday 25 November". */
  label: string;
  classes: { key: string; time: string; title: string; now: boolean }[];
}

/** The calendar day in the time zone, such as 2026-11-23. */
function dayKey(moment: Date, timeZone: string): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone, dateStyle: "short" }).format(moment);
}

function clockTime(moment: Date, timeZone: string): string {
  return new Intl.DateTimeFormat(undefined, { timeZone, timeStyle: "short" }).format(moment);
}

function dayLabel(moment: Date, nowMs: number, timeZone: string): string {
  const key = dayKey(moment, timeZone);
  if (key === dayKey(new Date(nowMs), timeZone)) return "Today";
  if (key === dayKey(new Date(nowMs + 86_400_000), timeZone)) return "Tomorrow";
  return new Intl.DateTimeFormat(undefined, { timeZone, weekday: "long", day: "numeric", month: "long" }).format(
    moment,
  );
}

/** Groups classes by day, in their order. */
export function classDays(classes: readonly ClassTime[], nowMs: number, timeZone: string): ClassDay[] {
  const days = new Map<string, ClassDay>();
  for (const { starts_at, ends_at, title } of classes) {
    const [start, end] = [new Date(starts_at), new Date(ends_at)];
    const key = dayKey(start, timeZone);
    const day = days.get(key) ?? { label: dayLabel(start, nowMs, timeZone), classes: [] };
    day.classes.push({
      key: `${starts_at} ${ends_at} ${title}`,
      time: `${clockTime(start, timeZone)} – ${clockTime(end, timeZone)}`,
      title,
      now: start.getTime() <= nowMs && nowMs < end.getTime(),
    });
    days.set(key, day);
  }
  return [...days.values()];
}

/** "Now, until 12:00", "Today, 09:00", "Wednesday 25 November, 09:00". */
export function nextClass({ starts_at, ends_at }: ClassTime, nowMs: number, timeZone: string): string {
  const start = new Date(starts_at);
  if (start.getTime() <= nowMs) return `Now, until ${clockTime(new Date(ends_at), timeZone)}`;
  return `${dayLabel(start, nowMs, timeZone)}, ${clockTime(start, timeZone)}`;
}

export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** "New: Algorithms, Tomorrow, 09:00 – 11:00". */
export function changeInWords({ before, after }: TimetableChange, nowMs: number, timeZone: string): string {
  const when = ({ starts_at, ends_at }: ClassTime) => {
    const start = new Date(starts_at);
    const times = `${clockTime(start, timeZone)} – ${clockTime(new Date(ends_at), timeZone)}`;
    return `${dayLabel(start, nowMs, timeZone)}, ${times}`;
  };
  if (before === null) return after === null ? "" : `New: ${after.title}, ${when(after)}`;
  if (after === null) return `Gone: ${before.title}, ${when(before)}`;
  return `Moved: ${after.title}, from ${when(before)} to ${when(after)}`;
}
