"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";

import { LoadingPanel, Panel } from "@/components/panel";
import { useIsClient } from "@/lib/use-is-client";

import { NOW } from "./api";
import { PastFiles } from "./past-files";

/** Files of a workspace that is stopped. One static page for all: the id comes from the address. */
export function FilesPage() {
  const path = usePathname();
  const [, , workspace = ""] = useIsClient() ? path.split("/") : [];
  return (
    <>
      <p className="mb-2 text-sm">
        <Link href="/dashboard" className="font-medium text-accent underline-offset-4 hover:underline">
          Back to the dashboard
        </Link>
      </p>
      <h1 className="mb-6 text-2xl font-semibold tracking-tight sm:text-3xl">Your files</h1>
      {workspace === "" ? (
        <LoadingPanel label="Loading your files" />
      ) : (
        <Panel
          id="files"
          title="As your workspace left them"
          description="Look at a file, or download it. To change files, launch your workspace."
        >
          <PastFiles of={{ workspace }} checkpoint={NOW} before={undefined} when="now" />
        </Panel>
      )}
    </>
  );
}
