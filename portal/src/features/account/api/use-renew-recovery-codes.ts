import { useMutation, useQueryClient } from "@tanstack/react-query";

import { allauth } from "@/lib/allauth/client";
import type { RecoveryCodes } from "@/lib/allauth/types";

import { useReauthentication } from "../reauthentication";
import { authenticatorsQuery } from "./use-authenticators";

/** New recovery codes; the old ones stop working. */
export function useRenewRecoveryCodes() {
  const queryClient = useQueryClient();
  const reauthenticated = useReauthentication();
  return useMutation({
    mutationFn: async () => {
      const { data } = await reauthenticated(() =>
        allauth("/account/authenticators/recovery-codes", { method: "POST", body: {} }),
      );
      return data as RecoveryCodes;
    },
    onSuccess: () => queryClient.invalidateQueries({ queryKey: authenticatorsQuery.queryKey }),
  });
}
