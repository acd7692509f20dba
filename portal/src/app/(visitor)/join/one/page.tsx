import type { Metadata } from "next";

import { JoinPage } from "@/features/auth/join-page";

export const metadata: Metadata = { title: "Join a cohort" };

export default function Page() {
  return <JoinPage />;
}
