import { useMutation } from "@tanstack/react-query";

import { allauth } from "@/lib/allauth/client";
import type { RecoveryCodes } from "@/lib/allauth/types";

import { useReauthentication } from "../reauthentication";

/** The unused codes, if the server still shows them: a mutation, because looking at them counts. */
export function useViewRecoveryCodes() {
  const reauthenticated = useReauthentication();
  return useMutation({
    mutationFn: async () => {
      const { data } = await reauthenticated(() => allauth("/account/authenticators/recovery-codes"));
      return data as RecoveryCodes;
    },
  });
}
