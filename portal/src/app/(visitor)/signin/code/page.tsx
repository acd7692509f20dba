import type { Metadata } from "next";

import { CodeForm } from "@/features/auth/code-form";

export const metadata: Metadata = { title: "Enter your code" };

export default function Page() {
  return <CodeForm />;
}
