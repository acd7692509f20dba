import type { Metadata } from "next";

import { HealthTab } from "@/features/administration/health-tab";

export const metadata: Metadata = { title: "Health · Administration" };

export default function Page() {
  return <HealthTab />;
}
