export type Month = "this" | "last";

const FORECAST_FROM_MS = 24 * 3600 * 1000;

/** From the month's first moment to the next month's, in the reader's time zone. */
export function monthSpan(month: Month, nowMs: number): { since: Date; until: Date } {
  const now = new Date(nowMs);
  const first = now.getMonth() - (month === "last" ? 1 : 0);
  return { since: new Date(now.getFullYear(), first, 1), until: new Date(now.getFullYear(), first + 1, 1) };
}

/**
 * What the month will come to if it goes on as it began. Null when it is over, and in its first
 * day, which says too little.
 */
export function forecastHours(hours: number, since: Date, until: Date, nowMs: number): number | null {
  const past = nowMs - since.getTime();
  if (past < FORECAST_FROM_MS || nowMs >= until.getTime()) return null;
  return (hours * (until.getTime() - since.getTime())) / past;
}
