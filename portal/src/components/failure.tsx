import type { ReactNode } from "react";

import { explain } from "@/lib/api/errors";

import { Alert } from "./alert";
import { Button } from "./button";

/** Says why something that the person did failed. */
export function Failure({ error, title }: { error: Error | null; title?: string }) {
  return error === null ? null : (
    <div className="mt-4">
      <Alert tone="bad" title={title} urgent>
        {explain(error)}
      </Alert>
    </div>
  );
}

interface LoadFailureProps {
  query: { isFetching: boolean; refetch: () => Promise<unknown> };
  error: Error;
  title: string;
  children?: ReactNode;
}

/** Says why something cannot be shown, and offers to load it again. */
export function LoadFailure({ query, error, title, children }: LoadFailureProps) {
  return (
    <Alert
      tone="warn"
      title={title}
      action={
        <Button busy={query.isFetching} onClick={() => void query.refetch()}>
          Try again
        </Button>
      }
    >
      {explain(error)} {children}
    </Alert>
  );
}
