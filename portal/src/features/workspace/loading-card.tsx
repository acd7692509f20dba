import { Skeleton } from "@/components/panel";

/** A gray card of the same shape, so that nothing moves when the card appears. */
export function LoadingCard() {
  return (
    <div className="rounded-2xl border border-line bg-surface shadow-xs" role="status">
      <span className="sr-only">Loading your workspace</span>
      <div className="grid md:grid-cols-[minmax(0,17rem)_1fr]">
        <div className="rounded-l-2xl bg-sunken max-md:hidden" />
        <div className="p-6 sm:p-8">
          <Skeleton className="h-7 w-28 rounded-full" />
          <Skeleton className="mt-4 h-6 w-52" />
          <Skeleton className="mt-2 h-5 w-64 max-w-full" />
          <Skeleton className="mt-6 h-5 w-80 max-w-full" />
          <Skeleton className="mt-6 h-12 w-52 max-sm:w-full" />
        </div>
      </div>
    </div>
  );
}
