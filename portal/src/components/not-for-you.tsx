import Link from "next/link";
import type { ReactNode } from "react";

import { Alert } from "@/components/alert";
import { buttonClass } from "@/components/button";

/** In place of a page of another role. The API refuses them as well; this explains it. */
export function NotForYou({ heading, title, children }: { heading: string; title: string; children: ReactNode }) {
  return (
    <>
      <h1 className="mb-6 text-2xl font-semibold tracking-tight sm:text-3xl">{heading}</h1>
      <Alert
        tone="info"
        title={title}
        action={
          <Link href="/dashboard" className={buttonClass("secondary")}>
            Go to your dashboard
          </Link>
        }
      >
        {children}
      </Alert>
    </>
  );
}
