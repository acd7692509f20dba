import { useQuery } from "@tanstack/react-query";

import { allauth } from "@/lib/allauth/client";
import type { TotpSetup } from "@/lib/allauth/types";

/** A fresh secret; allauth sends it with its 404 "no authenticator app yet" and makes a new one at every request. */
export function useTotpSetup() {
  return useQuery({
    queryKey: ["totp-setup"],
    queryFn: async () => {
      const { meta } = await allauth("/account/authenticators/totp", { accept: [404] });
      return meta as unknown as TotpSetup;
    },
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
}
