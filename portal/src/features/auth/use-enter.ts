import { useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useCallback } from "react";

import { isPortalPath, safeNext } from "@/lib/redirect";

/** Continues to the page that the person wanted before they had to sign in. */
export function useEnter() {
  const router = useRouter();
  const queryClient = useQueryClient();
  return useCallback(
    (wanted: string | null) => {
      const next = safeNext(wanted);
      // Data of a visitor, or of another person, must not remain.
      queryClient.clear();
      if (isPortalPath(next)) router.replace(next);
      else window.location.replace(next);
    },
    [queryClient, router],
  );
}
