import { useQuery } from "@tanstack/react-query";

import { instructorsQuery } from "./cohort-cache";

/** For admins alone. */
export function useInstructors() {
  return useQuery(instructorsQuery);
}
