import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import type { ReactNode } from "react";
import { vi } from "vitest";

import type { CohortDetail } from "@/lib/api/types";

/** A backend of a test: answers by "METHOD path", and keeps what was sent. */
export class FakeApi {
  readonly sent: { route: string; body: unknown }[] = [];

  constructor(private readonly answers: Record<string, { status?: number; body: unknown }>) {
    document.cookie = "apranova_csrf=token";
    vi.stubGlobal("fetch", async (request: Request) => {
      const route = `${request.method} ${new URL(request.url).pathname}`;
      const text = await request.text();
      this.sent.push({ route, body: text === "" ? null : (JSON.parse(text) as unknown) });
      const { status = 200, body } = this.answers[route] ?? { status: 404, body: { detail: `no answer to ${route}` } };
      return new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
    });
  }

  changes() {
    return this.sent.filter(({ route }) => !route.startsWith("GET"));
  }
}

export function show(children: ReactNode) {
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  return render(<QueryClientProvider client={queryClient}>{children}</QueryClientProvider>);
}

export const ID = "0d5b3f0e-1111-4222-8333-444455556666";

export function cohort(fields: Partial<CohortDetail> = {}): CohortDetail {
  return {
    id: ID,
    name: "Berlin-3",
    track: "FSD",
    time_zone: "Europe/Berlin",
    active: true,
    students: 0,
    instructors: [],
    has_timetable: false,
    next_class: null,
    members: [],
    timetable: null,
    ...fields,
  };
}
