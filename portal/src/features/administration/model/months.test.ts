import { expect, it } from "vitest";

import { forecastHours, monthSpan } from "./months";

const at = (day: number, hour = 0) => new Date(2026, 0, day, hour);

it("spans whole months, also across the new year", () => {
  const { since, until } = monthSpan("last", at(15).getTime());
  expect([since, until]).toEqual([new Date(2025, 11, 1), new Date(2026, 0, 1)]);
  expect(monthSpan("this", at(15).getTime()).until).toEqual(new Date(2026, 1, 1));
});

it("forecasts the month at its pace, and not from its first hours or when it is over", () => {
  const { since, until } = monthSpan("this", at(11).getTime());
  expect(forecastHours(100, since, until, at(11).getTime())).toBeCloseTo(310);
  expect(forecastHours(5, since, until, at(1, 6).getTime())).toBeNull();
  expect(forecastHours(100, since, until, until.getTime())).toBeNull();
});
