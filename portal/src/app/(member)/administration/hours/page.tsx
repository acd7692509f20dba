import type { Metadata } from "next";

import { HoursTab } from "@/features/administration/hours-tab";

export const metadata: Metadata = { title: "Hours · Administration" };

export default function Page() {
  return <HoursTab />;
}
