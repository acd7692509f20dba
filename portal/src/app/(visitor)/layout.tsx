import { Suspense, type ReactNode } from "react";

import { Mark } from "@/components/icons";
import { ThemeMenu } from "@/components/theme-menu";

export default function VisitorLayout({ children }: { children: ReactNode }) {
  return (
    <div className="flex min-h-dvh flex-col">
      <header className="flex items-center justify-between px-5 py-4">
        <span className="flex items-center gap-2.5 font-semibold tracking-tight">
          <Mark /> ApraNova
        </span>
        <ThemeMenu />
      </header>
      <main className="mx-auto w-full max-w-md flex-1 px-4 pt-[6vh] pb-16">
        <Suspense>{children}</Suspense>
      </main>
    </div>
  );
}
