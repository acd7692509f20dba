import { useState } from "react";

interface QueryState {
  data: unknown;
  error: Error | null;
}

/**
 * The error of a query that polls. A query without data forgets its error at each attempt, so the
 * page would alternate between the error and the loading state every few seconds, while the person
 * tries to press "Try again".
 */
export function useLastingError({ data, error }: QueryState): Error | null {
  const [last, setLast] = useState<Error | null>(null);
  const lasting = error ?? (data === undefined ? last : null);
  if (lasting !== last) setLast(lasting);
  return lasting;
}
