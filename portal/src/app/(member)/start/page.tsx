import type { Metadata } from "next";

import { StartPage } from "@/features/workspace/start-page";

export const metadata: Metadata = { title: "Opening your workspace" };

export default function Page() {
  return <StartPage />;
}
