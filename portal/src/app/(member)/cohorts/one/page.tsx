import type { Metadata } from "next";

import { CohortPage } from "@/features/cohorts/cohort-page";

export const metadata: Metadata = { title: "Cohort" };

export default function Page() {
  return <CohortPage />;
}
