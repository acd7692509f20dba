import type { Metadata } from "next";
import Link from "next/link";

import { buttonClass } from "@/components/button";
import { Notice } from "@/components/notice";

export const metadata: Metadata = { title: "Page not found" };

export default function NotFound() {
  return (
    <Notice
      title="Page not found"
      action={
        <Link href="/dashboard" className={buttonClass("primary")}>
          Go to your dashboard
        </Link>
      }
    >
      Check the address. The page may also have moved.
    </Notice>
  );
}
