import { describe, expect, it } from "vitest";

import { isPortalPath, safeNext, signInPath } from "./redirect";

describe("the page after signing in", () => {
  it.each(["/account", "/workspace/ws-abcdefghij/?x=1#top", "/api/admin/"])("keeps a path of this site: %s", (path) => {
    expect(safeNext(path)).toBe(path);
  });

  it.each([
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/.//evil.example",
    "/x/..//evil.example",
    "javascript:alert(1)",
    " //evil.example",
    "dashboard",
    "",
    null,
    undefined,
  ])("leads to the dashboard instead of %j", (wanted) => {
    expect(safeNext(wanted)).toBe("/dashboard");
  });

  it.each(["/", "/signin?next=/account", "/signup", "/password/reset/key"])("does not loop: %s", (wanted) => {
    expect(safeNext(wanted)).toBe("/dashboard");
  });

  it("is part of the sign-in address, unless it is the dashboard", () => {
    expect(signInPath("/account?tab=2")).toBe("/signin?next=%2Faccount%3Ftab%3D2");
    expect(signInPath("/dashboard")).toBe("/signin");
    expect(signInPath("//evil.example")).toBe("/signin");
  });

  it("leaves paths that the portal does not serve to the browser", () => {
    expect(["/workspace/", "/api/admin/", "/dashboard", "/apiary"].map(isPortalPath)).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });
});
