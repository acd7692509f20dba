import type { StreamNews } from "./event-stream";
import { shareEventStream } from "./shared-event-stream";

const HIDDEN_MS = 60_000;

/**
 * The stream of a page, while somebody looks at it. A page that was hidden for a minute leaves, and
 * hears that the connection is broken. Shown again, it joins again, after `comeBack`; a stream begins
 * with all that it knows.
 */
export function watchEventStream(address: string, tell: (news: StreamNews) => void, comeBack?: () => void): () => void {
  let leave: (() => void) | null = shareEventStream(address, tell);
  let hiddenTimer: ReturnType<typeof setTimeout> | undefined;

  const stopListening = () => {
    leave?.();
    leave = null;
    tell({ about: "connection", state: "broken" });
  };

  const onVisibility = () => {
    clearTimeout(hiddenTimer);
    if (document.visibilityState === "hidden") {
      hiddenTimer = setTimeout(stopListening, HIDDEN_MS);
    } else if (leave === null) {
      comeBack?.();
      leave = shareEventStream(address, tell);
    }
  };

  document.addEventListener("visibilitychange", onVisibility);
  return () => {
    document.removeEventListener("visibilitychange", onVisibility);
    clearTimeout(hiddenTimer);
    leave?.();
  };
}
