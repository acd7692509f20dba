// @vitest-environment jsdom
import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";

import type { CohortStarter } from "@/lib/api/types";
import { MayChange } from "@/lib/session/may-change";
import { cohort, COHORT_ID } from "@/testing/examples";
import { FakeApi, show } from "@/testing/fake-api";

import { StarterPanel } from "./starter-panel";

const ONE = "/api/cohorts/{cohort_id}/starter/";
const NONE: CohortStarter = { starter: null, given: 0, skipped: 0, failed: 0 };
const SET: CohortStarter = {
  starter: { set_at: "2026-11-30T08:00:00Z", files: 3, bytes: 20, paths: ["<b>app</b>.py", "README.md"] },
  given: 1,
  skipped: 2,
  failed: 1,
};

it("sets a starter from a zip, and says what the server does not take at the field", async () => {
  const refused = { type: "x", title: "x", status: 422, detail: "x", reason: "invalid", errors: [] };
  const api = new FakeApi({
    [`GET ${ONE}`]: { status: 200, body: NONE },
    [`PUT ${ONE}`]: {
      status: 422,
      body: { ...refused, errors: [{ field: "body.file", message: "“a” is a link." }] },
    },
  });
  show(<StarterPanel cohort={cohort()} />);
  expect(await screen.findByText("There is none: new workspaces begin with our welcome page.")).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Set a starter" }));
  const save = () => {
    // jsdom knows nothing of a file that a test has chosen, and would refuse the form.
    const form = screen.getByLabelText("Files").closest("form");
    if (form !== null) fireEvent.submit(form);
  };
  fireEvent.change(screen.getByLabelText("Files"), { target: { files: [new File(["PK"], "starter.zip")] } });
  save();
  expect(await screen.findByText("“a” is a link.")).toBeTruthy();
  api.answers[`PUT ${ONE}`] = { status: 200, body: SET };
  api.answers[`GET ${ONE}`] = { status: 200, body: SET };
  save();
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  const put = { route: `PUT /api/cohorts/${COHORT_ID}/starter/`, body: { file: "UEs=" } };
  expect(api.changes()).toEqual([put, put]);
});

it("shows the files as text and how many workspaces have them, and takes it away", async () => {
  const api = new FakeApi({
    [`GET ${ONE}`]: { status: 200, body: SET },
    [`DELETE ${ONE}`]: { status: 204, body: undefined },
  });
  show(<StarterPanel cohort={cohort()} />);
  expect(await screen.findByText("~/project/<b>app</b>.py")).toBeTruthy();
  expect(screen.getByText("and 1 more")).toBeTruthy();
  expect(screen.getByText(/^One workspace began/).textContent).toBe(
    "One workspace began with it · 2 had files already and were left alone · 1 failed, tried again when opened",
  );
  fireEvent.click(screen.getByRole("button", { name: "Remove …" }));
  fireEvent.click(screen.getByRole("button", { name: "Remove starter" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(api.changes()).toEqual([{ route: `DELETE /api/cohorts/${COHORT_ID}/starter/`, body: null }]);
});

it("offers a teaching assistant nothing that would be refused", async () => {
  new FakeApi({ [`GET ${ONE}`]: { status: 200, body: SET } });
  show(
    <MayChange value={false}>
      <StarterPanel cohort={cohort()} />
    </MayChange>,
  );
  expect(await screen.findByText("~/project/README.md")).toBeTruthy();
  expect(screen.queryAllByRole("button")).toEqual([]);
});
