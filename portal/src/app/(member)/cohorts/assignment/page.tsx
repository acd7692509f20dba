import type { Metadata } from "next";

import { SubmissionsPage } from "@/features/submissions/submissions-page";

export const metadata: Metadata = { title: "Assignment" };

export default function Page() {
  return <SubmissionsPage />;
}
