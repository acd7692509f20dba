import { useState } from "react";

interface Asked {
  data: unknown;
  error: Error | null;
}

/**
 * The error of a query that polls. Without data the query forgets its error at each new attempt, and the page would
 * change between the error and grey shapes every few seconds, under the hands of who presses "Try again".
 */
export function useLastingError({ data, error }: Asked): Error | null {
  const [last, setLast] = useState<Error | null>(null);
  const lasting = error ?? (data === undefined ? last : null);
  if (lasting !== last) setLast(lasting);
  return lasting;
}
