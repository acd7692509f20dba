import { createContext, useContext } from "react";

/** Whether the person changes what a cohort's pages show; teaching assistants only see it. */
const Context = createContext(true);

export const MayChange = Context.Provider;

export function useMayChange(): boolean {
  return useContext(Context);
}
