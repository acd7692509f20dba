import { useMutation } from "@tanstack/react-query";

import { AuthenticationNeeded, allauth } from "@/lib/allauth/client";

export interface SignUp {
  email: string;
  name: string;
  password: string;
  invitation: string;
}

/** Resolves to whether the new person is signed in already; else they confirm their e-mail address first. */
export function useSignUp() {
  return useMutation({
    mutationFn: async (body: SignUp): Promise<boolean> => {
      try {
        await allauth("/auth/signup", { method: "POST", body: { ...body } });
        return true;
      } catch (error) {
        if (error instanceof AuthenticationNeeded && error.isPending("verify_email")) return false;
        throw error;
      }
    },
  });
}
