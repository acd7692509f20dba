// @vitest-environment jsdom
import { screen } from "@testing-library/react";
import { expect, it } from "vitest";

import { capacity, need } from "@/testing/examples";
import { FakeApi, show } from "@/testing/fake-api";

import { CapacityTab } from "./capacity-tab";

function told(fields: Parameters<typeof capacity>[0] = {}) {
  new FakeApi({ "GET /api/console/capacity/": { status: 200, body: capacity(fields) } });
  show(<CapacityTab />);
}

it("says what the next class needs of what the machine holds", async () => {
  told({ needs: [need()], largest: need(), more_needs: 4 });
  const [item] = await screen.findAllByRole("listitem");
  expect(item?.textContent).toContain("30 workspaces of 1.5 GB");
  expect(item?.textContent).toContain("45 of 48 GB");
  expect(item?.textContent).toContain("Fits");
  expect(screen.getByText("and 4 more in these days")).toBeTruthy();
  expect(screen.queryByText(/Too small for/)).toBeNull();
});

it("warns of the largest class that does not fit, and says what to do", async () => {
  const large = need({ fits: false, memory_mib: 92_160, cohorts: [{ id: "1", name: "Paris-1" }] });
  told({ needs: [large], largest: large });
  expect(await screen.findByText(/^Too small for Paris-1/)).toBeTruthy();
  expect(screen.getByText(/90 of 48 GB. Choose a smaller size/)).toBeTruthy();
  expect(screen.getByText("Too much")).toBeTruthy();
});

it("shows machine, pool and sessions", async () => {
  told();
  expect(await screen.findByText("22.5 of 48 GB")).toBeTruthy();
  expect(screen.getByText("44 of 64 GB")).toBeTruthy();
  expect(screen.getByText("60 of 100 GB used")).toBeTruthy();
  expect(screen.getByRole("meter", { name: "Disk with the homes" }).getAttribute("aria-valuenow")).toBe("60");
  expect(screen.getByText("VS Code: 5 wanted, a class at 9:00")).toBeTruthy();
  expect(screen.getByText(/No class is in the timetables/)).toBeTruthy();
});

it("leaves the machine out on AWS, where each workspace has its own", async () => {
  told({ machine: null, memory_max_mib: null, tasks_max: null, needs: [need()], largest: need() });
  expect(await screen.findByText(/each workspace has a machine of its own/)).toBeTruthy();
  expect(screen.queryByText("Machine")).toBeNull();
  expect(screen.getAllByText("45 GB")).toHaveLength(1);
});
