import type { Metadata } from "next";

import { PasswordResetRequest } from "@/features/auth/password-reset-request";

export const metadata: Metadata = { title: "Forgot your password?" };

export default function Page() {
  return <PasswordResetRequest />;
}
