import type { Metadata } from "next";

import { PasswordResetForm } from "@/features/auth/password-reset-form";

export const metadata: Metadata = { title: "Choose a new password" };

export default function Page() {
  return <PasswordResetForm />;
}
