import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { allauth } from "@/lib/allauth/client";
import { meQuery } from "@/lib/session/use-me";

import { useReauthentication } from "./reauthentication";

const authenticatorsQuery = queryOptions({
  queryKey: ["authenticators"],
  queryFn: () => allauth("GET /account/authenticators"),
});

/** Where the person is signed in; null when this installation does not keep a list. */
const sessionsQuery = queryOptions({
  queryKey: ["sessions"],
  queryFn: async () => {
    const { usersessions } = await allauth("GET /config");
    return usersessions === undefined ? null : await allauth("GET /auth/sessions");
  },
});

export function useAuthenticators() {
  return useQuery(authenticatorsQuery);
}

export function useSessions() {
  return useQuery(sessionsQuery);
}

export function useEndSessions() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (sessions: number[]) => allauth("DELETE /auth/sessions", { sessions }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
  });
}

export function useChangePassword() {
  return useMutation({
    mutationFn: (body: { current_password: string; new_password: string }) =>
      allauth("POST /account/password/change", body),
  });
}

/**
 * A new secret; allauth makes another one for each request, so it is never requested again while it
 * is shown.
 */
export function useTotpSetup() {
  return useQuery({
    queryKey: ["totp-setup"],
    queryFn: () => allauth("GET /account/authenticators/totp"),
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
}

/** A change of the second step. The server may require a confirmation of identity first. */
function useTwoStepMutation<Data, Variables = void>(mutationFn: (variables: Variables) => Promise<Data>) {
  const queryClient = useQueryClient();
  const reauthenticated = useReauthentication();
  return useMutation({
    mutationFn: (variables: Variables) => reauthenticated(() => mutationFn(variables)),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: authenticatorsQuery.queryKey });
      await queryClient.invalidateQueries({ queryKey: meQuery.queryKey });
    },
  });
}

export function useActivateTotp() {
  return useTwoStepMutation((code: string) => allauth("POST /account/authenticators/totp", { code }));
}

export function useDeactivateTotp() {
  return useTwoStepMutation(() => allauth("DELETE /account/authenticators/totp"));
}

/** New recovery codes; the old ones stop working. */
export function useRenewRecoveryCodes() {
  return useTwoStepMutation(() => allauth("POST /account/authenticators/recovery-codes", {}));
}

/**
 * The unused codes, if the server still shows them. A mutation, because they are shown only once.
 */
export function useViewRecoveryCodes() {
  const reauthenticated = useReauthentication();
  return useMutation({
    mutationFn: () => reauthenticated(() => allauth("GET /account/authenticators/recovery-codes")),
  });
}
