// @vitest-environment jsdom
import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";

import type { FileVersion } from "@/lib/api/types";
import { FakeApi, show } from "@/testing/fake-api";

import { Playback } from "./playback";

const ALL = "/api/cohorts/{cohort_id}/members/{student_id}/history/";
const FILE = `GET ${ALL}{checkpoint_id}/file/` as const;
const VERSIONS = `GET ${ALL}versions/` as const;
const HTML = "<img src=x onerror=alert(1)>";

function version(checkpoint: string, fields: Partial<FileVersion> = {}): FileVersion {
  return { checkpoint, taken_at: "2026-11-30T08:00:00Z", size: 1000, is_there: true, ...fields };
}

function file(fields: object = {}) {
  const lines = [{ kind: "+", text: HTML }];
  return { text: HTML, cut: false, size: 9, compared: true, missing_there: false, lines, ...fields };
}

function served(items: FileVersion[], fields: object = {}, cut = false) {
  return new FakeApi({
    [VERSIONS]: { status: 200, body: { items, cut } },
    [FILE]: { status: 200, body: file(fields) },
  });
}

const play = () => show(<Playback of={{ cohort: "c1", student: "s1" }} path="project/lesson-1/main.py" />);
const reads = (api: FakeApi) => api.sent.map(({ route }) => /history\/(.+)\/file\//.exec(route)?.[1]).filter(Boolean);

it("begins with the newest version, and shows what changed since the one before as text", async () => {
  const api = served([version("v1"), version("v2", { size: 400 }), version("v3", { size: 1400 })]);
  play();
  const changed = await screen.findByRole("region", { name: "What changed since the version before" });
  expect(changed.querySelector("img")).toBeNull();
  expect(changed.textContent).toContain(HTML);
  expect(screen.getByText("1 kB, 1 kB more than before")).toBeTruthy();
  fireEvent.click(screen.getByRole("button", { name: "Show the whole file" }));
  expect(screen.getByRole("region", { name: "Content of the file" }).textContent).toBe(HTML);
  expect(reads(api)).toEqual(["v3"]);
});

it("loads a version when the slider rests, not each that it passes", async () => {
  const items = ["v1", "v2", "v3", "v4", "v5"].map((id) => version(id));
  const api = served(items);
  play();
  const slider = await screen.findByRole("slider", { name: /^Version 5 of 5/ });
  await waitFor(() => expect(reads(api)).toEqual(["v5"]));
  for (const value of [3, 2, 1]) fireEvent.change(slider, { target: { value } });
  expect(slider.getAttribute("aria-valuetext")).toMatch(/^2 of 5, /);
  await waitFor(() => expect(reads(api)).toEqual(["v5", "v2"]));
});

it("goes step by step with buttons, to the first version and no further", async () => {
  const api = served([version("v1"), version("v2")], { lines: [], compared: false });
  play();
  const earlier = await screen.findByRole("button", { name: "Earlier" });
  expect(screen.getByRole("button", { name: "Later" }).getAttribute("aria-disabled")).toBe("true");
  fireEvent.click(earlier);
  expect(await screen.findByText("1 kB, as it was first kept")).toBeTruthy();
  fireEvent.click(earlier);
  expect(screen.getByText(/^Version 1 of 2/)).toBeTruthy();
  await waitFor(() => expect(reads(api)).toEqual(["v2", "v1"]));
});

it("calls no version the first when there may be earlier ones", async () => {
  served([version("v1")], { lines: [], compared: false }, true);
  play();
  expect(await screen.findByText("1 kB")).toBeTruthy();
});

it("says when the file was gone, and asks for nothing then", async () => {
  const api = served([version("v1"), version("v2", { is_there: false, size: 0 })], {}, true);
  play();
  expect(await screen.findByText("The file was not there any more.")).toBeTruthy();
  expect(screen.getByText("There may be earlier versions, which are not shown.")).toBeTruthy();
  expect(reads(api)).toEqual([]);
});

it("needs no slider for one version, and says when none is kept", async () => {
  served([version("v1")], { lines: [], compared: false });
  const { unmount } = play();
  expect(await screen.findByText(/^Version 1 of 1/)).toBeTruthy();
  expect(screen.queryByRole("slider")).toBeNull();
  unmount();
  const problem = { type: "x", title: "x", status: 404, detail: "x", reason: "snapshot_not_found", errors: [] };
  new FakeApi({ [VERSIONS]: { status: 404, body: problem } });
  play();
  expect(await screen.findByText(/^No kept moment has this file/)).toBeTruthy();
});
