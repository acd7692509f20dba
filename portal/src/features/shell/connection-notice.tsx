"use client";

import { WifiOffIcon } from "lucide-react";

import { useServerReached } from "./use-server-reached";

/**
 * Says that the server cannot be reached, and leaves by itself. Below everything, so that nothing
 * moves while somebody reads or types.
 */
export function ConnectionNotice() {
  const reached = useServerReached();
  return (
    <div role="status" className="pointer-events-none fixed inset-x-0 bottom-0 z-20 grid justify-items-center p-4">
      {!reached && (
        <p className="pointer-events-auto flex max-w-xl gap-3 rounded-xl border border-warn/40 bg-warn-soft px-4 py-3 text-sm text-pretty text-ink shadow-xl">
          <WifiOffIcon className="mt-px size-5 shrink-0 text-warn" aria-hidden="true" />
          <span>
            <strong className="font-semibold">No connection.</strong> The portal cannot reach your school, so this page
            may be out of date. Check your internet connection. The page continues by itself.
          </span>
        </p>
      )}
    </div>
  );
}
