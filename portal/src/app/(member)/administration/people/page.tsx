import type { Metadata } from "next";

import { PeopleTab } from "@/features/administration/people-tab";

export const metadata: Metadata = { title: "People · Administration" };

export default function Page() {
  return <PeopleTab />;
}
