// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";

import type { WorkspaceKind } from "@/lib/api/types";

beforeEach(() => {
  localStorage.clear();
  vi.resetModules();
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** Shows the guide as after a reload, when the page itself remembers nothing. */
async function showAfterReload(kind: WorkspaceKind, personId = "1") {
  cleanup();
  vi.resetModules();
  const { KindGuide } = await import("./kind-guide");
  render(<KindGuide kind={kind} personId={personId} />);
}

const toggle = () => screen.getByRole("button", { name: /What is inside/ });
const isOpen = () => toggle().getAttribute("aria-expanded") === "true";

it("describes the sample shop, SQL Lab, the upload and what is kept to a data student", async () => {
  await showAfterReload("superset");
  const text = screen.getByRole("region", { name: "What is inside" }).textContent;
  for (const words of ["online shop", "SQL Lab", "Upload CSV", "My data", "Everything is kept"])
    expect(text).toContain(words);
  expect(text).not.toContain("terminal");
});

it("stays closed after a reload, and can be opened again", async () => {
  await showAfterReload("superset");
  fireEvent.click(toggle());
  expect(isOpen()).toBe(false);
  await showAfterReload("superset");
  expect(isOpen()).toBe(false);
  fireEvent.click(toggle());
  expect(isOpen()).toBe(true);
  await showAfterReload("superset");
  expect(isOpen()).toBe(true);
});

it("is closed only for one person and one kind", async () => {
  await showAfterReload("superset");
  fireEvent.click(toggle());
  await showAfterReload("vscode");
  expect(isOpen()).toBe(true);
  await showAfterReload("superset", "2");
  expect(isOpen()).toBe(true);
});

it("can be closed when the browser blocks storage", async () => {
  vi.spyOn(Storage.prototype, "getItem").mockImplementation(() => {
    throw new DOMException("blocked", "SecurityError");
  });
  vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
    throw new DOMException("blocked", "SecurityError");
  });
  await showAfterReload("vscode");
  fireEvent.click(toggle());
  expect(isOpen()).toBe(false);
});
