import type { Me } from "@/lib/api/types";

import type { Flow } from "./types";

/** How the person can prove who they are. */
export function proofsOf(me: Pick<Me, "uses_password" | "mfa_enabled"> | undefined): Flow[] {
  return [
    ...(me?.uses_password === true ? [{ id: "reauthenticate" } as const] : []),
    ...(me?.mfa_enabled === true ? [{ id: "mfa_reauthenticate" } as const] : []),
  ];
}
