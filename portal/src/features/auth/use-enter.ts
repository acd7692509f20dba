import { useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useCallback } from "react";

import { isPortalPath, safeNext } from "@/lib/redirect";

/** Goes on to where a person wanted to be before they had to sign in. */
export function useEnter() {
  const router = useRouter();
  const queryClient = useQueryClient();
  return useCallback(
    (wanted: string | null) => {
      const next = safeNext(wanted);
      // What was learned as a visitor (or as somebody else) is worth nothing now.
      queryClient.clear();
      if (isPortalPath(next)) router.replace(next);
      else window.location.replace(next);
    },
    [queryClient, router],
  );
}
