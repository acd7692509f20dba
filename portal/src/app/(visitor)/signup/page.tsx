import type { Metadata } from "next";

import { SignUp } from "@/features/auth/sign-up-form";

export const metadata: Metadata = { title: "Sign up" };

export default function Page() {
  return <SignUp />;
}
