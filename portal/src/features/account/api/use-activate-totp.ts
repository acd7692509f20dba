import { useMutation, useQueryClient } from "@tanstack/react-query";

import { allauth } from "@/lib/allauth/client";
import { meQuery } from "@/lib/session/use-me";

import { useReauthentication } from "../reauthentication";
import { authenticatorsQuery } from "./use-authenticators";

export function useActivateTotp() {
  const queryClient = useQueryClient();
  const reauthenticated = useReauthentication();
  return useMutation({
    mutationFn: (code: string) =>
      reauthenticated(() => allauth("/account/authenticators/totp", { method: "POST", body: { code } })),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: authenticatorsQuery.queryKey });
      await queryClient.invalidateQueries({ queryKey: meQuery.queryKey });
    },
  });
}
