import type { Metadata } from "next";

import { AuditTab } from "@/features/administration/audit-tab";

export const metadata: Metadata = { title: "Audit · Administration" };

export default function Page() {
  return <AuditTab />;
}
