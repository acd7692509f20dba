// @vitest-environment jsdom
import { expect, it } from "vitest";

import { answer, api } from "@/lib/api/client";

import { person } from "./examples";
import { FakeApi, unexpected } from "./fake-api";

it("accepts only answers that the API can give", async () => {
  new FakeApi({ "GET /api/me/": { status: 200, body: person() } });
  expect(await answer(api.GET("/api/me/"))).toEqual(person());
  // @ts-expect-error -- the API has no such track
  new FakeApi({ "GET /api/me/": { status: 200, body: { ...person(), track: "UX" } } });
  // @ts-expect-error -- a part of the answer is missing
  new FakeApi({ "GET /api/workspace/": { status: 200, body: { items: [] } } });
  // @ts-expect-error -- the API has no such route
  new FakeApi({ "GET /api/nowhere/": { status: 200, body: {} } });
  // @ts-expect-error -- deleting a cohort answers 204
  new FakeApi({ "DELETE /api/cohorts/{cohort_id}/": { status: 200, body: undefined } });
});

it("prefers a fixed address to one with a parameter", async () => {
  new FakeApi({
    "GET /api/cohorts/{cohort_id}/": { status: 404, body: { detail: "No.", reason: "not_found" } },
    "GET /api/cohorts/instructors/": { status: 200, body: { items: [] } },
  });
  expect(await answer(api.GET("/api/cohorts/instructors/"))).toEqual({ items: [] });
});

it("notes a request that no answer was prepared for", async () => {
  new FakeApi({});
  await expect(answer(api.GET("/api/me/"))).rejects.toThrow();
  expect(unexpected.splice(0)).toEqual(["GET /api/me/"]);
});
