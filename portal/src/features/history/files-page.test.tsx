// @vitest-environment jsdom
import { fireEvent, screen, within } from "@testing-library/react";
import { expect, it, vi } from "vitest";

import { FakeApi, show } from "@/testing/fake-api";

import { FilesPage } from "./files-page";

vi.mock("next/navigation", () => ({ usePathname: () => "/files/ws-1" }));

const ONE = "/api/workspace/{workspace_id}/history/{checkpoint_id}/" as const;
const HTML = "<img src=x onerror=alert(1)>";
const FOLDER = { path: "project", name: "project", is_folder: true, size: 0, changed_at: null };
const MAIN = { path: "%3Cb%3E.py", name: "<b>.py", is_folder: false, size: 9, changed_at: null };

function fakeApi(items: object[] = [FOLDER, MAIN]) {
  return new FakeApi({
    [`GET ${ONE}folder/`]: { status: 200, body: { items, cut: false } },
    [`GET ${ONE}file/`]: {
      status: 200,
      body: { text: HTML, cut: false, size: 9, compared: false, missing_there: false, lines: [] },
    },
  });
}

it("shows files as they are, as text, with a download and nothing to put back", async () => {
  fakeApi();
  show(<FilesPage />);
  fireEvent.click(await screen.findByText("<b>.py"));
  const dialog = screen.getByRole("dialog", { name: "<b>.py: now" });
  expect(await within(dialog).findByText(HTML)).toBeTruthy();
  expect(within(dialog).getByRole("link", { name: "Download" }).getAttribute("href")).toBe(
    "/api/workspace/ws-1/history/now/download/?path=%253Cb%253E.py",
  );
  expect(within(dialog).queryByRole("combobox")).toBeNull();
  expect(screen.queryByRole("button", { name: /put/i })).toBeNull();
});

it("does not count what is in a folder of now", async () => {
  fakeApi();
  show(<FilesPage />);
  expect((await screen.findByText("project")).closest("button")?.textContent).toBe("project");
});

it("says that a home is empty", async () => {
  fakeApi([]);
  show(<FilesPage />);
  expect(await screen.findByText("There are no files.")).toBeTruthy();
});

it("says what to do when the workspace was launched meanwhile", async () => {
  const detail = "Files can be read here while the workspace is stopped. Stop it, then try again";
  new FakeApi({ [`GET ${ONE}folder/`]: { status: 409, body: { reason: "wrong_state", detail } } });
  show(<FilesPage />);
  expect(await screen.findByText(/Stop it, then try again/)).toBeTruthy();
});
