import type { Metadata } from "next";

import { CohortPage } from "@/features/cohorts/cohort-page";
import { DiskNotice } from "@/features/shell/disk-notice";

export const metadata: Metadata = { title: "Cohort" };

export default function Page() {
  return (
    <>
      <DiskNotice />
      <CohortPage />
    </>
  );
}
