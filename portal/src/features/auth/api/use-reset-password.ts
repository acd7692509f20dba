import { useMutation } from "@tanstack/react-query";

import { AuthenticationNeeded, allauth } from "@/lib/allauth/client";

/** Resolves to whether the person is signed in now (allauth may be set to do that). */
export function useResetPassword() {
  return useMutation({
    mutationFn: async (body: { key: string; password: string }): Promise<boolean> => {
      try {
        await allauth("/auth/password/reset", { method: "POST", body });
        return true;
      } catch (error) {
        // 401 is allauth's "done, and nobody is signed in".
        if (error instanceof AuthenticationNeeded) return false;
        throw error;
      }
    },
  });
}
