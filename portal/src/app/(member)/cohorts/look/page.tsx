import type { Metadata } from "next";

import { LookPage } from "@/features/look/look-page";

export const metadata: Metadata = { title: "A student's files" };

export default function Page() {
  return <LookPage />;
}
