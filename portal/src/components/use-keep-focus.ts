import { type RefObject, useEffect, useRef } from "react";

/**
 * When a new state removes the button that had the focus, moves the focus to the main action of the
 * part (`data-main-action`) instead of the top of the page.
 */
export function useKeepFocus(part: RefObject<HTMLElement | null>, state: string): void {
  const inside = useRef(false);

  useEffect(() => {
    const element = part.current;
    if (element === null) return;
    const enter = () => {
      inside.current = true;
    };
    // An element that is removed while it has the focus is no longer connected; one that loses the
    // focus still is.
    const leave = (event: FocusEvent) => {
      if (event.target instanceof Node && event.target.isConnected) inside.current = false;
    };
    element.addEventListener("focusin", enter);
    element.addEventListener("focusout", leave);
    return () => {
      element.removeEventListener("focusin", enter);
      element.removeEventListener("focusout", leave);
    };
  }, [part]);

  useEffect(() => {
    if (!inside.current || document.activeElement !== document.body) return;
    part.current?.querySelector<HTMLElement>("[data-main-action]")?.focus();
  }, [part, state]);
}
