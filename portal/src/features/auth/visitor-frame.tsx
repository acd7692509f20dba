import type { ReactNode } from "react";

/** The shape of every page for visitors: a title, one sentence and one form. */
export function VisitorFrame({
  title,
  intro,
  children,
  footer,
}: {
  title: string;
  intro?: ReactNode;
  children: ReactNode;
  footer?: ReactNode;
}) {
  return (
    <>
      <div className="rounded-2xl border border-line bg-surface p-6 shadow-xs sm:p-8">
        <h1 className="text-2xl font-semibold tracking-tight text-balance">{title}</h1>
        {intro !== undefined && <div className="mt-2 text-pretty text-muted">{intro}</div>}
        <div className="mt-6">{children}</div>
      </div>
      {footer !== undefined && <div className="mt-5 text-center text-sm text-muted">{footer}</div>}
    </>
  );
}

export const linkClass =
  "text-accent font-medium underline underline-offset-4 decoration-accent/40 hover:decoration-accent";
