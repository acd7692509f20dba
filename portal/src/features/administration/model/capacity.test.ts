import { expect, it } from "vitest";

import { finding, need } from "@/testing/examples";

import { cohortsOf, gigabytes, memoryOf, workspacesOf } from "./capacity";
import { healthSummary } from "./health";

it("tells workspaces by their sizes", () => {
  const sizes = [
    { size: "small" as const, memory_mib: 768, workspaces: 1 },
    { size: "large" as const, memory_mib: 3072, workspaces: 20 },
  ];
  expect(workspacesOf(need({ sizes }))).toBe("1 workspace of 0.8 GB and 20 of 3 GB");
  expect(workspacesOf(need({ sizes: [] }))).toBe("no workspaces");
  expect([1536, 49_152, 0].map(gigabytes)).toEqual(["1.5 GB", "48 GB", "0 GB"]);
});

it("names a few cohorts and counts the others", () => {
  const cohorts = ["A", "B", "C", "D"].map((name) => ({ id: name, name }));
  expect(cohortsOf(need({ cohorts }))).toBe("A, B, C and 1 more");
  expect(cohortsOf(need())).toBe("Berlin-3");
});

it("compares with what the machine holds, where there is one", () => {
  expect(memoryOf(need(), { memory_max_mib: 49_152 })).toBe("45 of 48 GB");
  expect(memoryOf(need(), { memory_max_mib: null })).toBe("45 GB");
});

it("sums findings up by the worst", () => {
  expect(healthSummary([finding()]).tone).toBe("good");
  expect(healthSummary([finding({ state: "look" }), finding()]).title).toBe("Nothing is broken, 1 to look at");
  expect(healthSummary([finding({ state: "broken" }), finding()]).title).toBe("1 of 2 broken");
});
