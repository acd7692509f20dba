import type { ReactNode } from "react";

/** A section of a page with a title. */
export function Panel({
  id,
  title,
  description,
  children,
}: {
  id: string;
  title: string;
  description?: ReactNode;
  children: ReactNode;
}) {
  return (
    <section aria-labelledby={id} className="rounded-2xl border border-line bg-surface p-6 shadow-xs">
      <h2 id={id} className="text-lg font-semibold wrap-anywhere">
        {title}
      </h2>
      {description !== undefined && <p className="mt-1 text-sm text-pretty wrap-anywhere text-muted">{description}</p>}
      <div className="mt-5">{children}</div>
    </section>
  );
}

export function Skeleton({ className = "" }: { className?: string }) {
  return <div aria-hidden="true" className={`shimmer rounded-lg bg-line/60 ${className}`} />;
}

/** Gray shapes where content will appear, with a label for screen readers. */
export function LoadingPanel({ label }: { label: string }) {
  return (
    <div className="rounded-2xl border border-line bg-surface p-6 shadow-xs" role="status">
      <span className="sr-only">{label}</span>
      <Skeleton className="h-7 w-56" />
      <Skeleton className="mt-4 h-4 w-80 max-w-full" />
      <Skeleton className="mt-2 h-4 w-64 max-w-full" />
      <Skeleton className="mt-6 h-12 w-44" />
    </div>
  );
}
