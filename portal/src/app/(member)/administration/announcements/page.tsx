import type { Metadata } from "next";

import { AnnouncementsTab } from "@/features/administration/announcements-tab";

export const metadata: Metadata = { title: "Announcements · Administration" };

export default function Page() {
  return <AnnouncementsTab />;
}
