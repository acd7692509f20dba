import { useMutation, useQueryClient } from "@tanstack/react-query";

import { allauth } from "@/lib/allauth/client";
import { meQuery } from "@/lib/session/use-me";

import { useReauthentication } from "../reauthentication";
import { authenticatorsQuery } from "./use-authenticators";

export function useDeactivateTotp() {
  const queryClient = useQueryClient();
  const reauthenticated = useReauthentication();
  return useMutation({
    mutationFn: () => reauthenticated(() => allauth("/account/authenticators/totp", { method: "DELETE" })),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: authenticatorsQuery.queryKey });
      await queryClient.invalidateQueries({ queryKey: meQuery.queryKey });
    },
  });
}
