import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { ApiError } from "@/lib/api/errors";

const AGAIN_MS = 3_000;
/** A network that swallows packets answers nothing, and the browser would wait for minutes. */
const PROBE_MS = 5_000;

/**
 * Whether the server can be reached. The browser's own word (`navigator.onLine`) is only a reason
 * to try: a school on this machine needs no network, and a network may lead nowhere. While it
 * cannot be reached it is asked again and again; then everything on the page is loaded again.
 */
export function useServerReached(): boolean {
  const queryClient = useQueryClient();
  const [reached, setReached] = useState(true);

  useEffect(() => {
    if (!reached) return;
    let left = false;
    const doubt = () => void answers().then((yes) => !left && setReached(yes));
    const unsubscribe = queryClient.getQueryCache().subscribe((event) => {
      const why: unknown = event.query.state.fetchFailureReason;
      const failed = event.type === "updated" && (event.action.type === "failed" || event.action.type === "error");
      if (failed && why instanceof ApiError && why.reason === "offline") doubt();
    });
    window.addEventListener("offline", doubt);
    return () => {
      left = true;
      unsubscribe();
      window.removeEventListener("offline", doubt);
    };
  }, [reached, queryClient]);

  useEffect(() => {
    if (reached) return;
    let left = false;
    const tryAgain = () =>
      void answers().then((yes) => {
        if (left || !yes) return;
        setReached(true);
        void queryClient.invalidateQueries();
      });
    const timer = setInterval(tryAgain, AGAIN_MS);
    window.addEventListener("online", tryAgain);
    return () => {
      left = true;
      clearInterval(timer);
      window.removeEventListener("online", tryAgain);
    };
  }, [reached, queryClient]);

  return reached;
}

/** Any answer will do: a server that has trouble is no lost connection. */
async function answers(): Promise<boolean> {
  try {
    await fetch("/api/health/", { cache: "no-store", signal: AbortSignal.timeout(PROBE_MS) });
    return true;
  } catch {
    return false;
  }
}
