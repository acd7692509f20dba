// @vitest-environment jsdom
import { screen, within } from "@testing-library/react";
import { expect, it } from "vitest";

import { ROLES } from "@/lib/roles";
import { person } from "@/testing/examples";
import { FakeApi, show } from "@/testing/fake-api";

import { Shell } from "./shell";

const MORE = {
  student: [],
  instructor: ["Cohorts"],
  assistant: ["Cohorts"],
  admin: ["Cohorts", "Administration"],
};

it.each(ROLES)("leads every %s to the dashboard and the account, and to the pages of that role", async (role) => {
  new FakeApi({
    "GET /api/me/": { status: 200, body: person({ role, track: role === "student" ? "FSD" : null }) },
    "GET /api/announcements/": { status: 200, body: { items: [] } },
  });
  show(<Shell>page</Shell>);
  const pages = within(await screen.findByRole("navigation", { name: "Main" }));
  for (const name of MORE[role]) await pages.findByRole("link", { name });
  expect(pages.getAllByRole("link").map((link) => link.textContent)).toEqual(["Dashboard", ...MORE[role], "Account"]);
});
