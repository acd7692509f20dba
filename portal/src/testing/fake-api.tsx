import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import type { ReactNode } from "react";
import { vi } from "vitest";

import { courseState } from "./examples";
import { type Answers, respond } from "./routes";

/** Requests that no fake backend expected; setup.ts fails the test that made them. */
export const unexpected: string[] = [];

/**
 * The backend of a test. It answers what the test says, in the API's own types, and keeps what was
 * sent.
 */
export class FakeApi {
  readonly sent: { route: string; body: unknown }[] = [];

  readonly answers: Answers;

  constructor(answers: Answers) {
    this.answers = {
      "GET /api/workspace/{workspace_id}/shares/": { status: 200, body: { shares: [], audiences: ["signed_in"] } },
      "GET /api/messages/": { status: 200, body: { items: [] } },
      "GET /api/assignments/": { status: 200, body: { items: [] } },
      "GET /api/cohorts/{cohort_id}/assignments/": { status: 200, body: { items: [] } },
      "GET /api/cohorts/{cohort_id}/starter/": {
        status: 200,
        body: { starter: null, given: 0, skipped: 0, failed: 0 },
      },
      "GET /api/cohorts/{cohort_id}/course/": { status: 200, body: courseState() },
      "GET /api/costs/budgets/{cohort_id}/": { status: 200, body: { budget: null } },
      ...answers,
    };
    document.cookie = "apranova_csrf=token";
    vi.stubGlobal("fetch", (request: Request | string, init?: RequestInit) =>
      this.fetch(typeof request === "string" ? new Request(new URL(request, window.location.origin), init) : request),
    );
  }

  private async fetch(request: Request): Promise<Response> {
    const path = new URL(request.url).pathname;
    const text = await request.text();
    const body = text === "" ? null : (JSON.parse(text) as unknown);
    this.sent.push({ route: `${request.method} ${path.replace("/api/auth/browser/v1", "")}`, body });
    const answer = await respond(this.answers, request.method, path, body);
    if (answer === undefined) {
      unexpected.push(`${request.method} ${path}`);
      throw new TypeError(`the fake backend has no answer to ${request.method} ${path}`);
    }
    const headers = { "content-type": "application/json" };
    return new Response(answer.status === 204 ? null : JSON.stringify(answer.body), { status: answer.status, headers });
  }

  /** Everything that was sent but plain reads. */
  changes() {
    return this.sent.filter(({ route }) => !route.startsWith("GET"));
  }
}

export function show(children: ReactNode, queryClient = new QueryClient()) {
  queryClient.setDefaultOptions({ queries: { retry: false } });
  return render(<QueryClientProvider client={queryClient}>{children}</QueryClientProvider>);
}
