import { useMutation } from "@tanstack/react-query";

import { allauth } from "@/lib/allauth/client";

/** Proves once more who sits there: by password, or by a code where a second step is set up. */
export function useReauthenticate() {
  return useMutation({
    mutationFn: (proof: { password: string } | { code: string }) =>
      allauth("code" in proof ? "/auth/2fa/reauthenticate" : "/auth/reauthenticate", { method: "POST", body: proof }),
  });
}
