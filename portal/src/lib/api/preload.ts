import { preload } from "react-dom";

import type { paths } from "./schema.gen";

/**
 * Let the browser ask for an answer while the page's scripts are still on their way; `fetch` takes
 * it. Only in the prerendered page: what is asked for later could wait unused, and be old when
 * somebody takes it.
 */
export function preloadAnswer(path: keyof paths) {
  if (typeof window === "undefined") preload(path, { as: "fetch", crossOrigin: "anonymous" });
}
