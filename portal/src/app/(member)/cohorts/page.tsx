import type { Metadata } from "next";

import { CohortsPage } from "@/features/cohorts/cohorts-page";
import { DiskNotice } from "@/features/shell/disk-notice";

export const metadata: Metadata = { title: "Cohorts" };

export default function Page() {
  return (
    <>
      <DiskNotice />
      <CohortsPage />
    </>
  );
}
