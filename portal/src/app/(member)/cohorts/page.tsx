import type { Metadata } from "next";

import { CohortsPage } from "@/features/cohorts/cohorts-page";

export const metadata: Metadata = { title: "Cohorts" };

export default function Page() {
  return <CohortsPage />;
}
