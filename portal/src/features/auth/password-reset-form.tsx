"use client";

import Link from "next/link";
import { usePathname, useRouter } from "next/navigation";

import { Button, buttonClass } from "@/components/button";
import { PasswordField } from "@/components/field";
import { Form, fieldError } from "@/components/form";
import { Skeleton } from "@/components/panel";
import { explain, isTemporary } from "@/lib/api/errors";
import { useIsClient } from "@/lib/use-is-client";

import { useResetKey, useResetPassword } from "./api";
import { useEnter } from "./use-enter";
import { VisitorFrame } from "./visitor-frame";

/**
 * The page is the same for every key (next.config.ts rewrites to it), so the key comes from the
 * address bar.
 */
export function PasswordResetForm() {
  const path = usePathname();
  const key = useIsClient() ? decodeURIComponent(path.split("/").at(-1) ?? "") : null;
  const check = useResetKey(key);
  const reset = useResetPassword();
  const router = useRouter();
  const enter = useEnter();

  const keyRefused = fieldError(reset.error, "key") !== undefined;
  if (check.isPending) {
    return (
      <VisitorFrame title="Choose a new password">
        <div role="status">
          <span className="sr-only">Checking the link</span>
          <Skeleton className="h-11 w-full" />
          <Skeleton className="mt-5 h-12 w-full" />
        </div>
      </VisitorFrame>
    );
  }
  if (check.isError || keyRefused) {
    const temporary = !keyRefused && isTemporary(check.error);
    return (
      <VisitorFrame title={temporary ? "We could not check your link" : "This link no longer works"}>
        <p className="text-pretty">
          {temporary
            ? explain(check.error)
            : "A link for choosing a new password works once and for a limited time. Request a new link."}
        </p>
        <div className="mt-6">
          {temporary ? (
            <Button tone="primary" busy={check.isFetching} onClick={() => void check.refetch()}>
              Try again
            </Button>
          ) : (
            <Link href="/password/reset" className={buttonClass("primary")}>
              Send me a new link
            </Link>
          )}
        </div>
      </VisitorFrame>
    );
  }
  const submit = (text: (name: string) => string) =>
    reset.mutate(
      { key: key ?? "", password: text("password") },
      {
        onSuccess: (signedIn) => {
          if (signedIn) enter(null);
          else router.replace("/signin?reset=done");
        },
      },
    );
  return (
    <VisitorFrame title="Choose a new password">
      <Form error={reset.error} fields={["password"]} busy={reset.isPending} onSubmit={submit} className="space-y-5">
        <PasswordField
          label="New password"
          name="password"
          autoComplete="new-password"
          required
          hint="Use three or four random words: long passwords are strong and easy to remember."
          error={fieldError(reset.error, "password")}
        />
        <Button type="submit" tone="primary" size="large" className="w-full" busy={reset.isPending}>
          Save new password
        </Button>
      </Form>
    </VisitorFrame>
  );
}
