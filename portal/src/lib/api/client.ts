import createClient from "openapi-fetch";

import { noteServerDate } from "@/lib/server-clock";

import { CSRF_HEADER, csrfToken } from "./csrf";
import { offline, problemToError } from "./errors";
import type { paths } from "./schema.gen";

/**
 * The typed client of the backend's API. It uses the session cookie and throws every failure as an
 * `ApiError`.
 */
export const api = createClient<paths>({
  // Pages are prerendered without a window; only the browser makes requests.
  baseUrl: typeof window === "undefined" ? "" : window.location.origin,
  credentials: "same-origin",
  fetch: (request) => fetch(request),
});

api.use({
  async onRequest({ request }) {
    if (request.method !== "GET") request.headers.set(CSRF_HEADER, await csrfToken());
    return request;
  },
  async onResponse({ response }) {
    noteServerDate(response.headers.get("date"));
    if (response.ok) return;
    throw problemToError(response.status, await response.json().catch(() => null));
  },
  onError({ error }) {
    // `fetch` itself rejects with a TypeError when no answer came.
    return error instanceof TypeError ? offline() : undefined;
  },
});

/** The data of a successful answer; the client throws failures. */
export async function answer<Data>(request: Promise<{ data?: Data }>): Promise<Data> {
  const { data } = await request;
  if (data === undefined) throw problemToError(502, null);
  return data;
}
