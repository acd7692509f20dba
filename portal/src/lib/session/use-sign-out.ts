import { useMutation, useQueryClient } from "@tanstack/react-query";

import { AuthenticationNeeded, allauth } from "@/lib/allauth/client";
import { HOME, signInPath } from "@/lib/redirect";

/** Signs out, and leads to the sign-in page, which returns to `path`. */
export function useSignOut(path = HOME) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async () => {
      try {
        await allauth("DELETE /auth/session");
      } catch (error) {
        // 401 is allauth's "nobody is signed in", which is the goal.
        if (!(error instanceof AuthenticationNeeded)) throw error;
      }
    },
    onSuccess: () => {
      queryClient.clear();
      // A full page load, so that no data of this person stays in memory.
      window.location.replace(signInPath(path));
    },
  });
}
