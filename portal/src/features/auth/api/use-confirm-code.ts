import { useMutation } from "@tanstack/react-query";

import { allauth } from "@/lib/allauth/client";

/** The second step of signing in: a code of the authenticator app, or a recovery code. */
export function useConfirmCode() {
  return useMutation({
    mutationFn: (code: string) => allauth("/auth/2fa/authenticate", { method: "POST", body: { code } }),
  });
}
