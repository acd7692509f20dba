// @vitest-environment node
import { renderToStaticMarkup } from "react-dom/server";
import { afterEach, expect, test, vi } from "vitest";

import { preloadAnswer } from "./preload";

function Page() {
  preloadAnswer("/api/me/");
  return <p>Page</p>;
}

afterEach(() => vi.unstubAllGlobals());

test("a prerendered page names the answer that its scripts will ask for", () => {
  const html = renderToStaticMarkup(<Page />);
  expect(html).toMatch(/<link rel="preload" href="\/api\/me\/" as="fetch" crossorigin=""/i);
});

test("a page that is shown later asks by itself, for a fresh answer", () => {
  vi.stubGlobal("window", {});
  expect(renderToStaticMarkup(<Page />)).toBe("<p>Page</p>");
});
