import type { ReactNode } from "react";

import { Administration } from "@/features/administration/administration";
import { DiskNotice } from "@/features/shell/disk-notice";

export default function AdministrationLayout({ children }: { children: ReactNode }) {
  return (
    <>
      <DiskNotice />
      <Administration>{children}</Administration>
    </>
  );
}
