import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { answer, api } from "@/lib/api/client";
import type { Message } from "@/lib/api/types";

const POLL_MS = 10_000;

const messagesQuery = queryOptions({
  queryKey: ["messages"],
  queryFn: ({ signal }) => answer(api.GET("/api/messages/", { signal })),
});

/** What instructors wrote to this student, until it is closed. */
export function useMessages(): readonly Message[] {
  return useQuery({ ...messagesQuery, refetchInterval: POLL_MS }).data?.items ?? [];
}

export function useCloseMessage(id: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () => api.DELETE("/api/messages/{message_id}/", { params: { path: { message_id: id } } }),
    onSuccess: () =>
      queryClient.setQueryData(messagesQuery.queryKey, (known) =>
        known === undefined ? known : { items: known.items.filter((message) => message.id !== id) },
      ),
  });
}
