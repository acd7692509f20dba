import { useQuery } from "@tanstack/react-query";

import { answer, api } from "@/lib/api/client";
import type { Port } from "@/lib/api/types";

/** A student looks here just after starting a program. A hidden page does not ask. */
const ASK_AGAIN_MS = 5_000;

/** The ports on which programs in a running workspace listen. */
export function usePorts(workspaceId: string, running: boolean): Port[] {
  const { data } = useQuery({
    queryKey: ["workspaces", workspaceId, "ports"],
    queryFn: ({ signal }) =>
      answer(
        api.GET("/api/workspace/{workspace_id}/ports/", { params: { path: { workspace_id: workspaceId } }, signal }),
      ),
    enabled: running,
    refetchInterval: ASK_AGAIN_MS,
  });
  return running ? (data?.ports ?? []) : [];
}
