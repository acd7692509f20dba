import type { Metadata } from "next";
import Link from "next/link";

import { buttonClass } from "@/components/button";
import { Notice } from "@/components/notice";

export const metadata: Metadata = { title: "Page not found" };

export default function NotFound() {
  return (
    <Notice
      title="There is no such page"
      action={
        <Link href="/dashboard" className={buttonClass("primary")}>
          Go to your dashboard
        </Link>
      }
    >
      The address may be mistyped, or the page has moved.
    </Notice>
  );
}
