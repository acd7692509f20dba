import { useMutation, useQueryClient } from "@tanstack/react-query";

import { AuthenticationNeeded, allauth } from "@/lib/allauth/client";
import { HOME, signInPath } from "@/lib/redirect";

export function useSignOut() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async () => {
      try {
        await allauth("DELETE /auth/session");
      } catch (error) {
        // allauth answers 401 once nobody is signed in, which is what was asked for.
        if (!(error instanceof AuthenticationNeeded)) throw error;
      }
    },
    onSuccess: () => {
      queryClient.clear();
      // A full load, so that nothing of this person stays in memory.
      window.location.replace(signInPath(HOME));
    },
  });
}
