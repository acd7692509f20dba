const RETRY_MIN_MS = 1_000;
const RETRY_MAX_MS = 30_000;

const EVENTS = ["workspace", "kinds", "notices", "ports", "wall", "workspaces", "announcements"] as const;

/** What an event stream tells. All of it can be sent to another tab. */
export type StreamNews =
  { about: (typeof EVENTS)[number]; json: string } | { about: "connection"; state: "live" | "broken" | "refused" };

/** Opens the event stream and opens it again after a failure, until the returned function is called. */
export function openEventStream(address: string, tell: (news: StreamNews) => void): () => void {
  let source: EventSource;
  let retryMs = RETRY_MIN_MS;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;

  const connect = () => {
    const opened = new EventSource(address);
    source = opened;
    opened.addEventListener("open", () => {
      retryMs = RETRY_MIN_MS;
      tell({ about: "connection", state: "live" });
    });
    for (const about of EVENTS) {
      opened.addEventListener(about, (event: MessageEvent<string>) => tell({ about, json: event.data }));
    }
    opened.addEventListener("error", () => {
      // The browser retries a broken connection by itself, but not after an error status.
      const isRefused = opened.readyState === EventSource.CLOSED;
      tell({ about: "connection", state: isRefused ? "refused" : "broken" });
      if (!isRefused) return;
      retryTimer = setTimeout(connect, retryMs);
      retryMs = Math.min(retryMs * 2, RETRY_MAX_MS);
    });
  };

  connect();
  return () => {
    clearTimeout(retryTimer);
    source.close();
  };
}
