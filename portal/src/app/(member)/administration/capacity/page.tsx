import type { Metadata } from "next";

import { CapacityTab } from "@/features/administration/capacity-tab";

export const metadata: Metadata = { title: "Capacity · Administration" };

export default function Page() {
  return <CapacityTab />;
}
