/** Times in words. `now` is always an argument. */

const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86_400;

function plural(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

/** "30 minutes", "1 hour 30 minutes", "7 days". */
export function duration(seconds: number): string {
  if (seconds < MINUTE_S) return plural(Math.max(0, Math.round(seconds)), "second");
  const minutes = Math.round(seconds / MINUTE_S);
  if (minutes < 60) return plural(minutes, "minute");
  if (minutes >= 48 * 60) return plural(Math.round(seconds / DAY_S), "day");
  const rest = minutes % 60;
  return plural(Math.floor(minutes / 60), "hour") + (rest === 0 ? "" : ` ${plural(rest, "minute")}`);
}

/** "just now", "4 minutes ago", "3 hours ago", "2 days ago"; always rounded down. */
export function ago(iso: string, nowMs: number): string {
  const seconds = (nowMs - Date.parse(iso)) / 1000;
  if (seconds < 45) return "just now";
  if (seconds < HOUR_S) return `${plural(Math.max(1, Math.floor(seconds / MINUTE_S)), "minute")} ago`;
  if (seconds < DAY_S) return `${plural(Math.floor(seconds / HOUR_S), "hour")} ago`;
  return `${plural(Math.floor(seconds / DAY_S), "day")} ago`;
}

/** "14:32" today or within 12 hours, otherwise "Mon 23 Nov, 14:32". */
export function clock(iso: string, nowMs: number): string {
  const at = new Date(iso);
  const time = at.toLocaleTimeString(undefined, { timeStyle: "short" });
  const near = Math.abs(at.getTime() - nowMs) < 12 * HOUR_S * 1000;
  if (near || at.toDateString() === new Date(nowMs).toDateString()) return time;
  const day = at.toLocaleDateString(undefined, { weekday: "short", day: "numeric", month: "short" });
  return `${day}, ${time}`;
}

/** "29 November 2026, 14:32", where a short date could be misread. */
export function fullDate(iso: string): string {
  return new Date(iso).toLocaleString(undefined, { dateStyle: "long", timeStyle: "short" });
}

/** A duration for progress: "0.4 s", "12 s", "1 min 5 s". */
export function elapsed(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < MINUTE_S) return `${Math.floor(seconds)} s`;
  return `${Math.floor(seconds / MINUTE_S)} min ${Math.floor(seconds % MINUTE_S)} s`;
}
