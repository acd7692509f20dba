import type { ReactNode } from "react";

import { Mark } from "./icons";

/** A whole page with one message. */
export function Notice({ title, children, action }: { title: string; children: ReactNode; action: ReactNode }) {
  return (
    <main className="mx-auto flex min-h-dvh max-w-md flex-col items-center justify-center px-6 py-12 text-center">
      <Mark className="size-12" />
      <h1 className="mt-6 text-2xl font-semibold tracking-tight">{title}</h1>
      <p className="mt-2 text-pretty text-muted">{children}</p>
      <div className="mt-6">{action}</div>
    </main>
  );
}
