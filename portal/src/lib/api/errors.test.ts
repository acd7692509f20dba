import { describe, expect, it } from "vitest";

import { answerToError, AuthenticationNeeded } from "@/lib/allauth/client";

import { readCsrfCookie } from "./csrf";
import { explain, isOutage, isSignedOut, isTemporary, offline, problemToError } from "./errors";

describe("errors of the API", () => {
  it("keeps the message of a problem document and attaches field messages to their fields", () => {
    const error = problemToError(422, {
      detail: "The request is not valid.",
      reason: "bad_request",
      remedy: "Check the name.",
      errors: [{ field: "body.name", message: "This is not the workspace's name." }],
    });
    expect(explain(error)).toBe("The request is not valid. Check the name.");
    expect(error.fields).toEqual({ name: "This is not the workspace's name." });
    expect(error.reason).toBe("bad_request");
  });

  it.each([null, "<html>", [], { errors: "?" }])(
    "has a default message for an answer that is not a problem document: %j",
    (body) => {
      expect(explain(problemToError(502, body))).toContain("not available");
    },
  );

  it("tells an outage, which is over soon, from a refusal", () => {
    const outage = (reason: string) => isOutage(problemToError(503, { reason, detail: "…" }));
    expect(["manager_unavailable", "unavailable"].every(outage)).toBe(true);
    expect([offline(), problemToError(502, "<html>")].every(isOutage)).toBe(true);
    expect(["no_capacity", "launch_failed"].some(outage)).toBe(false);
    expect([problemToError(429, null), problemToError(500, null)].some(isOutage)).toBe(false);
  });

  it("says which failures may be temporary", () => {
    expect([offline(), problemToError(503, null), problemToError(429, null)].every(isTemporary)).toBe(true);
    expect([problemToError(404, null), problemToError(500, null), new Error("bug")].some(isTemporary)).toBe(false);
  });

  it("never shows the text of a bug to people", () => {
    expect(explain(new TypeError("x is undefined"))).not.toContain("undefined");
  });
});

describe("errors of allauth", () => {
  it("tells a pending second step from a session that ended", () => {
    const error = answerToError(401, { data: { flows: [{ id: "mfa_authenticate", is_pending: true }] } });
    expect(error instanceof AuthenticationNeeded && error.isPending("mfa_authenticate")).toBe(true);
    expect(isSignedOut(error)).toBe(true);
  });

  it("does not sign out a person who only has to confirm their identity", () => {
    const error = answerToError(401, { data: { flows: [{ id: "reauthenticate" }] } }, { is_authenticated: true });
    expect(isSignedOut(error)).toBe(false);
    expect(error instanceof AuthenticationNeeded && error.offers("reauthenticate")).toBe(true);
  });

  it("attaches messages to their fields, joins several, and keeps general ones separate", () => {
    const error = answerToError(400, {
      errors: [
        { param: "password", message: "Too short." },
        { param: "password", message: "Too common." },
        { message: "Something general." },
      ],
    });
    expect(error.fields).toEqual({ password: "Too short. Too common." });
    expect(error.message).toBe("Something general.");
  });
});

describe("the CSRF cookie", () => {
  it("is found among others, and is null when it is missing", () => {
    expect(readCsrfCookie("a=1; apranova_csrf=to%3Dken; b=2")).toBe("to=ken");
    expect(readCsrfCookie("apranova_csrf=planted; __Host-apranova_csrf=ours")).toBe("ours");
    expect(readCsrfCookie("xapranova_csrf=1")).toBeNull();
    expect(readCsrfCookie("")).toBeNull();
  });
});
