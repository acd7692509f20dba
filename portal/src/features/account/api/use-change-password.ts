import { useMutation } from "@tanstack/react-query";

import { allauth } from "@/lib/allauth/client";

export function useChangePassword() {
  return useMutation({
    mutationFn: (body: { current_password: string; new_password: string }) =>
      allauth("/account/password/change", { method: "POST", body }),
  });
}
