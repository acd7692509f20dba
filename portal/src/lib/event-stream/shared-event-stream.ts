import { openEventStream, type StreamNews } from "./event-stream";

type Message = StreamNews | { about: "newcomer" };

/**
 * One event stream for all tabs of a browser: over HTTP/1.1 six streams would take all connections
 * that a browser opens to one host, and the seventh tab would never load. The tab that holds the
 * lock has the stream and passes on what it tells; when it closes, the next one in line takes over.
 */
export function shareEventStream(address: string, tell: (news: StreamNews) => void): () => void {
  // Locks need a secure context: without HTTPS a host other than localhost has none.
  if (!("locks" in navigator) || !("BroadcastChannel" in globalThis)) return openEventStream(address, tell);

  const name = `apranova-events-${address}`;
  const channel = new BroadcastChannel(name);
  const left = new AbortController();
  const latest = new Map<StreamNews["about"], StreamNews>();
  let isLeader = false;

  channel.onmessage = ({ data }: MessageEvent<Message>) => {
    if (data.about !== "newcomer") tell(data);
    else if (isLeader) latest.forEach((news) => channel.postMessage(news));
  };
  channel.postMessage({ about: "newcomer" } satisfies Message);

  const lead = () =>
    new Promise<void>((resolve) => {
      if (left.signal.aborted) {
        resolve();
        return;
      }
      isLeader = true;
      const close = openEventStream(address, (news) => {
        latest.set(news.about, news);
        channel.postMessage(news);
        tell(news);
      });
      left.signal.addEventListener("abort", () => {
        close();
        resolve();
      });
    });
  // Leaving the line rejects; nobody waits for it.
  navigator.locks.request(name, { signal: left.signal }, lead).catch(() => undefined);

  return () => {
    left.abort();
    channel.close();
  };
}
