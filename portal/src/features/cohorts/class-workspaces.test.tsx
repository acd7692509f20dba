// @vitest-environment jsdom
import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, it, vi } from "vitest";

import { COHORT_ID } from "@/testing/examples";
import { FakeApi, show } from "@/testing/fake-api";

import { ClassWorkspaces } from "./class-workspaces";

const START = "POST /api/cohorts/{cohort_id}/workspaces/start/";
const STOP = "POST /api/cohorts/{cohort_id}/workspaces/stop/";

function choose(entry: RegExp, verb: string) {
  fireEvent.click(screen.getByRole("button", { name: "Workspaces of the class" }));
  fireEvent.click(screen.getByRole("menuitem", { name: entry }));
  fireEvent.click(screen.getByRole("button", { name: verb }));
}

it("starts the class and says how many, and who could not be started", async () => {
  const body = { changed: 2, failed: 1, failure: "All places are taken." };
  const api = new FakeApi({ [START]: { status: 200, body } });
  const onDone = vi.fn();
  show(<ClassWorkspaces cohortId={COHORT_ID} onDone={onDone} />);
  choose(/^Start/, "Start");
  const text = "2 workspaces are being started. 1 workspace could not be started: All places are taken.";
  await waitFor(() => expect(onDone).toHaveBeenCalledWith({ text, good: false }));
  expect(api.changes()).toEqual([{ route: `POST /api/cohorts/${COHORT_ID}/workspaces/start/`, body: null }]);
});

it("asks before it stops the class, and says when nothing ran", async () => {
  const api = new FakeApi({ [STOP]: { status: 200, body: { changed: 0, failed: 0, failure: "" } } });
  const onDone = vi.fn();
  show(<ClassWorkspaces cohortId={COHORT_ID} onDone={onDone} />);
  fireEvent.click(screen.getByRole("button", { name: "Workspaces of the class" }));
  fireEvent.click(screen.getByRole("menuitem", { name: /stop all/ }));
  fireEvent.click(screen.getByRole("button", { name: "Cancel" }));
  expect(api.changes()).toEqual([]);
  choose(/stop all/, "Save and stop");
  await waitFor(() => expect(onDone).toHaveBeenCalledWith({ text: "No workspace runs.", good: true }));
});
