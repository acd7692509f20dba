// @vitest-environment jsdom
import { screen } from "@testing-library/react";
import { expect, it } from "vitest";

import type { ConsoleHealth } from "@/lib/api/types";
import { finding } from "@/testing/examples";
import { FakeApi, show } from "@/testing/fake-api";

import { HealthTab } from "./health-tab";

const HEALTH = "GET /api/console/health/";

function told(fields: Partial<ConsoleHealth>) {
  const body = { findings: [finding()], doctor_asked_at: new Date().toISOString(), on_aws: false, ...fields };
  new FakeApi({ [HEALTH]: { status: 200, body } });
  show(<HealthTab />);
}

it("says what is broken, since when, what to do and where more stands", async () => {
  const since = "2026-11-29T08:30:00Z";
  const guide = "docs/guides/operator.md#backups-of-the-school";
  const backup = {
    name: "Backup",
    state: "broken",
    text: "The newest is of Monday",
    remedy: "Mount it.",
    since,
    guide,
  };
  told({ findings: [finding(backup as Partial<ReturnType<typeof finding>>), finding({ state: "look" }), finding()] });
  expect(await screen.findByText("1 of 3 broken, 1 to look at")).toBeTruthy();
  const [first] = screen.getAllByRole("listitem");
  for (const words of ["Broken", "since", "2026", "What to do: Mount it.", guide]) {
    expect(first?.textContent).toContain(words);
  }
});

it("says in one line that all is well, and when the doctor looked", async () => {
  told({});
  expect(await screen.findByText("Everything is fine")).toBeTruthy();
  expect(screen.getByText(/The doctor looked at the machine just now/)).toBeTruthy();
});

it("leaves advice and dates out where nothing is wrong", async () => {
  told({ findings: [finding({ remedy: "Never needed.", since: "2026-11-29T08:30:00Z", guide: "docs/x.md" })] });
  expect((await screen.findByRole("listitem")).textContent).toBe("DiskFine40 GB are free");
});

it("says on AWS who shows the rest", async () => {
  told({ on_aws: true, doctor_asked_at: null });
  expect(await screen.findByText(/CloudWatch has their alarms/)).toBeTruthy();
  expect(screen.queryByText(/The doctor looked/)).toBeNull();
});
