import { useSyncExternalStore } from "react";

const never = () => () => undefined;

/** False in the prerendered page and while it hydrates, then true: for what only the browser knows. */
export function useIsClient(): boolean {
  return useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
}
