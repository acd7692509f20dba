import { CSRF_HEADER, csrfToken } from "@/lib/api/csrf";
import { ApiError, defaultMessage, isRecord, offline } from "@/lib/api/errors";

import type { Flow } from "./types";

const BASE = "/api/auth/browser/v1";

export interface AllauthAnswer {
  status: number;
  data: unknown;
  meta: Record<string, unknown>;
}

/** 401 of allauth: nobody is signed in yet and `flows` says what is pending, or a signed-in person must prove it again. */
export class AuthenticationNeeded extends ApiError {
  override readonly name = "AuthenticationNeeded";

  constructor(
    readonly signedIn: boolean,
    readonly flows: readonly Flow[],
  ) {
    super(
      401,
      signedIn ? "reauthentication_required" : "not_authenticated",
      signedIn ? "Please confirm that it is you." : defaultMessage(401),
    );
  }

  isPending(flow: string): boolean {
    return this.flows.some(({ id, is_pending }) => id === flow && is_pending === true);
  }

  offers(flow: string): boolean {
    return this.flows.some(({ id }) => id === flow);
  }
}

export interface AllauthRequest {
  method?: "GET" | "POST" | "DELETE";
  body?: Record<string, unknown>;
  headers?: Record<string, string>;
  /** Statuses that are an answer for this request, not a failure. */
  accept?: readonly number[];
}

/** One request to allauth. Throws `AuthenticationNeeded` for 401 and `ApiError` for every other failure. */
export async function allauth(path: string, request: AllauthRequest = {}): Promise<AllauthAnswer> {
  const { method = "GET", body, headers = {}, accept = [] } = request;
  const init: RequestInit = { method, credentials: "same-origin" };
  const sent = new Headers({ Accept: "application/json", ...headers });
  if (method !== "GET") {
    sent.set("Content-Type", "application/json");
    sent.set(CSRF_HEADER, await csrfToken());
    if (body !== undefined) init.body = JSON.stringify(body);
  }
  init.headers = sent;
  const response = await fetch(BASE + path, init).catch(() => {
    throw offline();
  });
  const parsed: unknown = await response.json().catch(() => null);
  const content = isRecord(parsed) ? parsed : {};
  const meta = isRecord(content["meta"]) ? content["meta"] : {};
  if (response.ok || accept.includes(response.status)) return { status: response.status, data: content["data"], meta };
  throw answerToError(response.status, content, meta);
}

export function answerToError(
  status: number,
  content: Record<string, unknown>,
  meta: Record<string, unknown> = {},
): ApiError {
  if (status === 401) return new AuthenticationNeeded(meta["is_authenticated"] === true, readFlows(content["data"]));
  const fields: Record<string, string> = {};
  const general: string[] = [];
  for (const error of Array.isArray(content["errors"]) ? content["errors"] : []) {
    if (!isRecord(error) || typeof error["message"] !== "string") continue;
    const field = error["param"];
    if (typeof field !== "string") general.push(error["message"]);
    else fields[field] = fields[field] === undefined ? error["message"] : `${fields[field]} ${error["message"]}`;
  }
  // An answer that is not allauth's own (a CSRF failure) has the words of problem details.
  const detail = typeof content["detail"] === "string" ? content["detail"] : null;
  const message = general.join(" ") || detail || (Object.keys(fields).length > 0 ? "Please check the form." : null);
  const remedy = typeof content["remedy"] === "string" ? content["remedy"] : null;
  return new ApiError(status, `http_${status}`, message ?? defaultMessage(status), remedy, fields);
}

function readFlows(data: unknown): Flow[] {
  const flows = isRecord(data) && Array.isArray(data["flows"]) ? data["flows"] : [];
  return flows.filter(
    (flow): flow is Flow & Record<string, unknown> => isRecord(flow) && typeof flow["id"] === "string",
  );
}
