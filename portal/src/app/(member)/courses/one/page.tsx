import type { Metadata } from "next";

import { CoursePage } from "@/features/courses/course-page";

export const metadata: Metadata = { title: "Connect a course" };

export default function Page() {
  return <CoursePage />;
}
