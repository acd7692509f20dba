import type { Metadata } from "next";

import { StudentHistoryPage } from "@/features/history/student-history-page";

export const metadata: Metadata = { title: "History of a student's files" };

export default function Page() {
  return <StudentHistoryPage />;
}
