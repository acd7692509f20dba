import { useEffect } from "react";

/**
 * Names the thing that a page shows in the browser's tab, once it is known. Next.js writes the
 * title of the next page itself.
 */
export function usePageTitle(name: string): void {
  useEffect(() => {
    document.title = `${name} · ApraNova`;
  }, [name]);
}
