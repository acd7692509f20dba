import { type RefObject, useEffect, useRef } from "react";

/**
 * When a new state takes away the button that had the focus, the focus goes to the part's main action
 * (`data-main-action`) instead of the top of the page.
 */
export function useKeepFocus(part: RefObject<HTMLElement | null>, state: string): void {
  const inside = useRef(false);

  useEffect(() => {
    const element = part.current;
    if (element === null) return;
    const enter = () => {
      inside.current = true;
    };
    // An element that is removed while focused does not say where the focus went; one that is left does.
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
