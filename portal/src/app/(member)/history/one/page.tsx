import type { Metadata } from "next";

import { HistoryPage } from "@/features/history/history-page";

export const metadata: Metadata = { title: "Back in time" };

export default function Page() {
  return <HistoryPage />;
}
