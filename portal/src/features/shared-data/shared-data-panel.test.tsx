// @vitest-environment jsdom
import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";

import type { CohortDetail, SharedData } from "@/lib/api/types";
import { MayChange } from "@/lib/session/may-change";
import { FakeApi, show } from "@/testing/fake-api";

import { SharedDataPanel, sizeOf } from "./shared-data-panel";

const ALL = "/api/cohorts/{cohort_id}/shared/";
const COHORT = { id: "c1" } as CohortDetail;
const VERSION = { created_at: "2026-11-30T08:00:00Z", files: 12, bytes: 2_000_000_000 };

function data(fields: Partial<SharedData> = {}): SharedData {
  return {
    available: true,
    limit_bytes: 10_000_000_000,
    versions: [
      { ...VERSION, number: 2, is_current: true, what: "added set.zip" },
      { ...VERSION, number: 1, is_current: false, what: "added <b>one</b>.csv" },
    ],
    uploads: [],
    files: [{ path: "set/<i>a</i>.csv", size: 1200 }],
    ...fields,
  };
}

function served(fields?: Partial<SharedData>, more = {}) {
  return new FakeApi({ [`GET ${ALL}`]: { status: 200, body: data(fields) }, ...more });
}

it("shows what students see, as text, and shows another version", async () => {
  const api = served({}, { [`PUT ${ALL}current/`]: { status: 204, body: undefined } });
  show(<SharedDataPanel cohort={COHORT} />);
  expect(await screen.findByText("12 files, 2 GB")).toBeTruthy();
  expect(screen.getByText("~/shared/set/<i>a</i>.csv")).toBeTruthy();
  expect(screen.getByText("and 11 more")).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Show version 1 instead" }));
  await waitFor(() =>
    expect(api.changes()).toEqual([{ route: "PUT /api/cohorts/c1/shared/current/", body: { number: 1 } }]),
  );
});

it("says what is on its way and what failed, and refuses a file that is too large before it is sent", async () => {
  const one = { id: "u1", name: "a.csv", size: 4_000_000, received: 1_000_000, failure: "" };
  const api = served({
    uploads: [
      one,
      { ...one, id: "u2", name: "b.csv", received: 4_000_000 },
      { ...one, id: "u3", name: "c.zip", failure: "“x” is a link." },
    ],
    limit_bytes: 1_000_000,
  });
  show(<SharedDataPanel cohort={COHORT} />);
  expect(await screen.findByText("a.csv: 1 MB of 4 MB have arrived.")).toBeTruthy();
  expect(screen.getByText("b.csv has arrived and is being put in place.")).toBeTruthy();
  expect(screen.getByText("c.zip: “x” is a link.")).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Upload files" }));
  fireEvent.change(screen.getByLabelText("File"), {
    target: { files: [new File(["x".repeat(1_200_000)], "big.csv")] },
  });
  fireEvent.click(screen.getByRole("button", { name: "Upload" }));
  await screen.findByText("big.csv has 1.2 MB. The limit is 1 MB.");
  expect(api.changes()).toEqual([]);
});

it("cancels an upload that runs, and sends nothing more of it", async () => {
  const begun = { id: "u9", name: "wrong.csv", size: 3, received: 0, failure: "" };
  let answerPiece = () => {};
  const piece = new Promise<void>((done) => {
    answerPiece = done;
  });
  const api = served(
    {},
    {
      [`POST ${ALL}uploads/`]: { status: 201, body: begun },
      [`PUT ${ALL}uploads/{upload_id}/`]: async () => {
        await piece;
        return { status: 404, body: { reason: "upload_not_found", detail: "There is no such upload (any more)." } };
      },
      [`DELETE ${ALL}uploads/{upload_id}/`]: { status: 204, body: undefined },
    },
  );
  show(<SharedDataPanel cohort={COHORT} />);
  fireEvent.click(await screen.findByRole("button", { name: "Upload files" }));
  fireEvent.change(screen.getByLabelText("File"), { target: { files: [new File(["[1]"], "wrong.csv")] } });
  fireEvent.click(screen.getByRole("button", { name: "Upload" }));
  fireEvent.click(await screen.findByRole("button", { name: "Cancel the upload of wrong.csv" }));
  answerPiece();
  await waitFor(() => expect(screen.queryByText(/^Uploading wrong.csv/)).toBeNull());
  expect(screen.queryByRole("alert")).toBeNull();
  const routes = api.changes().map(({ route }) => route);
  expect(routes).toContain("DELETE /api/cohorts/c1/shared/uploads/u9/");
  expect(routes.filter((route) => route.startsWith("PUT")).length).toBeLessThan(2);
});

it("is not there where a school has none, and a teaching assistant only looks", async () => {
  served({ versions: [], files: [] });
  const { unmount } = show(
    <MayChange value={false}>
      <SharedDataPanel cohort={COHORT} />
    </MayChange>,
  );
  expect(await screen.findByText("The folder is empty.")).toBeTruthy();
  expect(screen.queryByRole("button")).toBeNull();
  unmount();
  served({ available: false });
  show(<SharedDataPanel cohort={COHORT} />);
  await waitFor(() => expect(screen.queryByText("Shared data")).toBeNull());
});

it("writes sizes as people do", () => {
  expect([1, 500, 1_200, 4_000_000, 2_500_000_000].map(sizeOf)).toEqual([
    "1 byte",
    "500 bytes",
    "1.2 kB",
    "4 MB",
    "2.5 GB",
  ]);
});
