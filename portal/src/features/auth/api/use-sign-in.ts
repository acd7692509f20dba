import { useMutation } from "@tanstack/react-query";

import { AuthenticationNeeded, allauth } from "@/lib/allauth/client";
import { ApiError } from "@/lib/api/errors";

export type SignInResult = "signed_in" | "code_needed" | "email_unverified";

export function useSignIn() {
  return useMutation({
    mutationFn: async (credentials: { email: string; password: string }): Promise<SignInResult> => {
      try {
        await allauth("/auth/login", { method: "POST", body: credentials });
        return "signed_in";
      } catch (error) {
        // 409: somebody is signed in here already, for instance in another tab.
        if (error instanceof ApiError && error.status === 409) return "signed_in";
        if (error instanceof AuthenticationNeeded) {
          if (error.isPending("mfa_authenticate")) return "code_needed";
          if (error.isPending("verify_email")) return "email_unverified";
        }
        // The server names both fields in one sentence, under one of them and in words of its own.
        if (error instanceof ApiError && error.status === 400 && "password" in error.fields)
          throw new ApiError(400, error.reason, "E-mail or password is wrong.", null, {
            password: "E-mail or password is wrong.",
          });
        throw error;
      }
    },
  });
}
