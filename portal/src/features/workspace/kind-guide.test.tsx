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

/** As after a reload: what the page itself remembered is gone. */
async function showAnew(kind: WorkspaceKind, personId = "1") {
  cleanup();
  vi.resetModules();
  const { KindGuide } = await import("./kind-guide");
  render(<KindGuide kind={kind} personId={personId} />);
}

const toggle = () => screen.getByRole("button", { name: /What is inside/ });
const isOpen = () => toggle().getAttribute("aria-expanded") === "true";

it("tells a data student of the sample shop, SQL Lab, the upload and what is kept", async () => {
  await showAnew("superset");
  const text = screen.getByRole("region", { name: "What is inside" }).textContent;
  for (const words of ["online shop", "SQL Lab", "Upload CSV", "My data", "Everything is kept"])
    expect(text).toContain(words);
  expect(text).not.toContain("terminal");
});

it("stays closed for who closed it, after a reload too, and can be opened again", async () => {
  await showAnew("superset");
  fireEvent.click(toggle());
  expect(isOpen()).toBe(false);
  await showAnew("superset");
  expect(isOpen()).toBe(false);
  fireEvent.click(toggle());
  expect(isOpen()).toBe(true);
  await showAnew("superset");
  expect(isOpen()).toBe(true);
});

it("is closed for one person and one kind alone", async () => {
  await showAnew("superset");
  fireEvent.click(toggle());
  await showAnew("vscode");
  expect(isOpen()).toBe(true);
  await showAnew("superset", "2");
  expect(isOpen()).toBe(true);
});

it("can be closed where the browser keeps nothing", async () => {
  vi.spyOn(Storage.prototype, "getItem").mockImplementation(() => {
    throw new DOMException("blocked", "SecurityError");
  });
  vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
    throw new DOMException("blocked", "SecurityError");
  });
  await showAnew("vscode");
  fireEvent.click(toggle());
  expect(isOpen()).toBe(false);
});
