import type { Metadata } from "next";

import { FilesPage } from "@/features/history/files-page";

export const metadata: Metadata = { title: "Your files" };

export default function Page() {
  return <FilesPage />;
}
