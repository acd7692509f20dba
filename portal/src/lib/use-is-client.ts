import { useSyncExternalStore } from "react";

const never = () => () => undefined;

/**
 * False in the prerendered page and during hydration, then true. For values that only the browser
 * knows.
 */
export function useIsClient(): boolean {
  return useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
}
