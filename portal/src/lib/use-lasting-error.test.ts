// @vitest-environment jsdom
import { renderHook } from "@testing-library/react";
import { expect, it } from "vitest";

import { useLastingError } from "./use-lasting-error";

const refused = new Error("not available");
const start = (data: unknown, error: Error | null) => renderHook(useLastingError, { initialProps: { data, error } });

it("keeps the error during the next attempt, until there is data", () => {
  const { result, rerender } = start(undefined, refused);
  rerender({ data: undefined, error: null });
  expect(result.current).toBe(refused);
  rerender({ data: [], error: null });
  expect(result.current).toBeNull();
});

it("has none before the first attempt has failed", () => {
  expect(start(undefined, null).result.current).toBeNull();
});

it("shows the newest error, also when there is old data", () => {
  const { result, rerender } = start([], refused);
  expect(result.current).toBe(refused);
  const other = new Error("other");
  rerender({ data: [], error: other });
  expect(result.current).toBe(other);
});
