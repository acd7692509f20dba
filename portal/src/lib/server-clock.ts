/**
 * The API uses the server's time. A student's clock may be minutes off, and then "4 minutes ago"
 * and the seconds of a launch would be wrong. The `Date` header of each answer reveals the
 * difference.
 */
let offsetMs = 0;

// The header has whole seconds, and the answer took time to arrive, so a smaller difference is
// noise.
const TOLERANCE_MS = 2_000;

export function noteServerDate(header: string | null, localNowMs: number = Date.now()): void {
  const serverMs = header === null ? Number.NaN : Date.parse(header);
  if (Number.isNaN(serverMs)) return;
  const difference = serverMs - localNowMs;
  offsetMs = Math.abs(difference) <= TOLERANCE_MS ? 0 : difference;
}

export function serverNowMs(): number {
  return Date.now() + offsetMs;
}
