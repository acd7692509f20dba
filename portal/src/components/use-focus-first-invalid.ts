import { type RefObject, useEffect } from "react";

/** After a failed submission the focus goes to the first field with a message, so that nobody has to search for it. */
export function useFocusFirstInvalid(form: RefObject<HTMLFormElement | null>, error: unknown): void {
  useEffect(() => {
    if (error !== null) form.current?.querySelector<HTMLElement>("[aria-invalid='true']")?.focus();
  }, [form, error]);
}
