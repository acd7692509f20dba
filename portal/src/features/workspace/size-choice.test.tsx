// @vitest-environment jsdom
import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, it } from "vitest";

import type { WorkspaceSize } from "@/lib/api/types";
import { workspace } from "@/testing/examples";
import { FakeApi, show } from "@/testing/fake-api";

import { SizeChoice } from "./size-choice";

const ITEMS = [
  { size: "small" as const, memory_mib: 768, is_default: true },
  { size: "medium" as const, memory_mib: 1536, is_default: false },
  { size: "large" as const, memory_mib: 3072, is_default: false },
];

function backend(choices: WorkspaceSize[], put: "answers" | "refuses" = "answers") {
  const body = (chosen: WorkspaceSize | null) => ({ items: ITEMS, choices, chosen });
  return new FakeApi({
    "GET /api/workspace/sizes/": { status: 200, body: body(null) },
    "PUT /api/workspace/sizes/":
      put === "answers"
        ? { status: 200, body: body("medium") }
        : {
            status: 403,
            body: {
              type: "about:blank",
              title: "Forbidden",
              status: 403,
              reason: "size_not_allowed",
              detail: "Your cohort does not let you choose this size.",
              remedy: null,
              errors: [],
            },
          },
  });
}

it("offers the sizes that the cohort allows, and says when a choice counts", async () => {
  const api = backend(["small", "medium"]);
  show(<SizeChoice workspace={workspace({ state: "running", size: "small" })} />);
  const field = await screen.findByLabelText("Size of your workspace");
  expect([...field.querySelectorAll("option")].map((option) => option.textContent)).toEqual([
    "As your cohort has it",
    "Small: 0.75 GB, for exercises and small servers",
    "Medium: 1.5 GB, for Next.js or a database",
  ]);
  screen.getByText("It runs as small now. A change takes effect when you next launch it.");
  fireEvent.change(field, { target: { value: "medium" } });
  await waitFor(() =>
    expect(api.changes()).toEqual([{ route: "PUT /api/workspace/sizes/", body: { size: "medium" } }]),
  );
  await waitFor(() => expect((field as HTMLSelectElement).value).toBe("medium"));
});

it("says why a choice is refused, and shows what holds", async () => {
  backend(["small", "medium"], "refuses");
  show(<SizeChoice workspace={null} />);
  const field = await screen.findByLabelText("Size of your workspace");
  fireEvent.change(field, { target: { value: "medium" } });
  await screen.findByText(/Your cohort does not let you choose this size/);
  expect((field as HTMLSelectElement).value).toBe("");
});

it("is not there where the cohort decides", async () => {
  const api = backend([]);
  show(<SizeChoice workspace={null} />);
  await waitFor(() => expect(api.sent).toHaveLength(1));
  expect(screen.queryByLabelText("Size of your workspace")).toBeNull();
});
