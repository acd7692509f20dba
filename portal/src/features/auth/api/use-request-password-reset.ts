import { useMutation } from "@tanstack/react-query";

import { allauth } from "@/lib/allauth/client";

export function useRequestPasswordReset() {
  return useMutation({
    mutationFn: (email: string) => allauth("/auth/password/request", { method: "POST", body: { email } }),
  });
}
