/** The manager's and the agent's words for a start. */
const STARTS: readonly string[] = ["opened the workspace", "launched it"];

/** Nobody has done anything since the start, which may have been the instructor's. */
export function isOnlyStarted(reason: string): boolean {
  return STARTS.includes(reason);
}
