import { useQuery } from "@tanstack/react-query";

import { allauth } from "@/lib/allauth/client";

/** Whether the key of a reset link still works, asked before anybody thinks up a password. */
export function useResetKey(key: string | null) {
  return useQuery({
    queryKey: ["password-reset-key", key],
    queryFn: () => allauth("/auth/password/reset", { headers: { "X-Password-Reset-Key": key ?? "" } }),
    enabled: key !== null,
    staleTime: Infinity,
  });
}
