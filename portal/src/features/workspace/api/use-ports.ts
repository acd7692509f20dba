import { skipToken, useQuery } from "@tanstack/react-query";

import type { Port } from "@/lib/api/types";

import { portsKey } from "./workspace-cache";

/** The ports on which programs in a running workspace listen: the event stream tells them. */
export function usePorts(workspaceId: string): Port[] {
  return useQuery<Port[]>({ queryKey: portsKey(workspaceId), queryFn: skipToken }).data ?? [];
}
