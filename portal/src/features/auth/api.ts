import { useMutation, useQuery } from "@tanstack/react-query";

import { allauth, AuthenticationNeeded } from "@/lib/allauth/client";
import type { AllauthRoutes } from "@/lib/allauth/types";
import { answer, api } from "@/lib/api/client";
import { ApiError } from "@/lib/api/errors";

export type SignInResult = "signed_in" | "code_needed" | "email_unverified";

export function useSignIn() {
  return useMutation({
    mutationFn: async (credentials: { email: string; password: string }): Promise<SignInResult> => {
      try {
        await allauth("POST /auth/login", credentials);
        return "signed_in";
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        // 409: somebody is already signed in here, for instance in another tab.
        if (error.status === 409) return "signed_in";
        if (error instanceof AuthenticationNeeded) {
          if (error.isPending("mfa_authenticate")) return "code_needed";
          if (error.isPending("verify_email")) return "email_unverified";
        }
        // The server names both fields in one sentence of its own and attaches it to one of them.
        if (error.status === 400 && "password" in error.fields) {
          const message = "The email address or the password is wrong.";
          throw new ApiError(400, error.reason, message, null, { password: message });
        }
        throw error;
      }
    },
  });
}

/** How people sign in at this school: by its providers, by password, or both. */
export function useSignInOptions() {
  return useQuery({
    queryKey: ["sign-in"],
    queryFn: ({ signal }) => answer(api.GET("/api/sign-in/", { signal })),
    staleTime: Infinity,
  });
}

/** Leaves the portal for the provider's page, which leads back to the sign-in page. */
export function useBeginSignIn() {
  return useMutation({
    mutationFn: ({ provider, next }: { provider: string; next: string }) =>
      answer(api.POST("/api/sign-in/{provider}/", { params: { path: { provider } }, body: { next } })),
    onSuccess: ({ url }) => window.location.assign(url),
  });
}

/** Where a sign-in at a provider has led to. */
export function useReturned() {
  return useQuery({
    queryKey: ["returned"],
    queryFn: async (): Promise<SignInResult | "signed_out"> => {
      try {
        await allauth("GET /auth/session");
        return "signed_in";
      } catch (error) {
        if (!(error instanceof AuthenticationNeeded)) throw error;
        return error.isPending("mfa_authenticate") ? "code_needed" : "signed_out";
      }
    },
    staleTime: 0,
    gcTime: 0,
  });
}

/** The second step of signing in: a code from the authenticator app, or a recovery code. */
export function useConfirmCode() {
  return useMutation({ mutationFn: (code: string) => allauth("POST /auth/2fa/authenticate", { code }) });
}

export function useInvitation(key: string) {
  return useQuery({
    queryKey: ["invitation", key],
    queryFn: ({ signal }) => answer(api.GET("/api/invitations/{key}/", { params: { path: { key } }, signal })),
    enabled: key !== "",
    staleTime: Infinity,
  });
}

export function useJoinLink(key: string | null) {
  return useQuery({
    queryKey: ["join", key],
    queryFn: ({ signal }) => answer(api.GET("/api/join/{key}/", { params: { path: { key: key ?? "" } }, signal })),
    enabled: key !== null,
  });
}

export function useJoin(key: string) {
  return useMutation({ mutationFn: () => answer(api.POST("/api/join/{key}/", { params: { path: { key } } })) });
}

/** Sends an email to the address: an invitation, or word that it has an account. */
export function useAskForInvitation(key: string) {
  return useMutation({
    mutationFn: (email: string) =>
      api.POST("/api/join/{key}/invitation/", { params: { path: { key } }, body: { email } }),
  });
}

/**
 * Resolves to whether the new person is already signed in; otherwise they confirm their email
 * address first.
 */
export function useSignUp() {
  return useMutation({
    mutationFn: async (body: AllauthRoutes["POST /auth/signup"]["body"]): Promise<boolean> => {
      try {
        await allauth("POST /auth/signup", body);
        return true;
      } catch (error) {
        if (error instanceof AuthenticationNeeded && error.isPending("verify_email")) return false;
        throw error;
      }
    },
  });
}

export function useRequestPasswordReset() {
  return useMutation({ mutationFn: (email: string) => allauth("POST /auth/password/request", { email }) });
}

/** Whether the key of a reset link still works, checked before the person thinks of a password. */
export function useResetKey(key: string | null) {
  return useQuery({
    queryKey: ["password-reset-key", key],
    // A query must not resolve to undefined, and this answer has no data.
    queryFn: async () =>
      (await allauth("GET /auth/password/reset", undefined, { "X-Password-Reset-Key": key ?? "" })) ?? null,
    enabled: key !== null,
    staleTime: Infinity,
  });
}

/** Resolves to whether the person is signed in now; allauth can be set to do that. */
export function useResetPassword() {
  return useMutation({
    mutationFn: async (body: { key: string; password: string }): Promise<boolean> => {
      try {
        await allauth("POST /auth/password/reset", body);
        return true;
      } catch (error) {
        // 401 is allauth's "done, and nobody is signed in".
        if (error instanceof AuthenticationNeeded) return false;
        throw error;
      }
    },
  });
}
