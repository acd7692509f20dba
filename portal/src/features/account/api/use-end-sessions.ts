import { useMutation, useQueryClient } from "@tanstack/react-query";

import { allauth } from "@/lib/allauth/client";

import { sessionsQuery } from "./use-sessions";

export function useEndSessions() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (sessions: number[]) => allauth("/auth/sessions", { method: "DELETE", body: { sessions } }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: sessionsQuery.queryKey }),
  });
}
