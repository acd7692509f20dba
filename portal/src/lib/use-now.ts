import { useEffect, useState } from "react";

import { serverNowMs } from "./server-clock";

/** The server's time, updated every `intervalMs`. For relative times and elapsed seconds. */
export function useNow(intervalMs: number): number {
  const [now, setNow] = useState(serverNowMs);
  useEffect(() => {
    const timer = setInterval(() => setNow(serverNowMs()), intervalMs);
    return () => clearInterval(timer);
  }, [intervalMs]);
  return now;
}
