"use client";

import { Alert } from "@/components/alert";
import { Button } from "@/components/button";
import { explain } from "@/lib/api/errors";

import { useBeginSignIn, useSignInOptions } from "./api";

/** Buttons that lead to the school's own sign-in, and back to `next`; nothing where it has none. */
export function ProviderButtons({ next }: { next: string }) {
  const options = useSignInOptions();
  const begin = useBeginSignIn();
  const providers = options.data?.providers ?? [];
  if (providers.length === 0) return null;
  return (
    <div className="space-y-3">
      {providers.map(({ id, name }) => (
        <Button
          key={id}
          size="large"
          className="w-full wrap-anywhere"
          busy={begin.isPending && begin.variables.provider === id}
          onClick={() => begin.mutate({ provider: id, next })}
        >
          Continue with {name}
        </Button>
      ))}
      {begin.isError && (
        <Alert tone="bad" urgent>
          {explain(begin.error)}
        </Alert>
      )}
    </div>
  );
}

/** A line between the buttons and a form. */
export function Or({ children }: { children: string }) {
  return (
    <p className="my-6 flex items-center gap-3 text-sm text-muted before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
      {children}
    </p>
  );
}
