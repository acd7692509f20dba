import type { Metadata } from "next";
import { Suspense } from "react";

import { WorkspacesTab } from "@/features/administration/workspaces-tab";

export const metadata: Metadata = { title: "Workspaces · Administration" };

export default function Page() {
  return (
    <Suspense>
      <WorkspacesTab />
    </Suspense>
  );
}
