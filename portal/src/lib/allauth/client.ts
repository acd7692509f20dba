import { CSRF_HEADER, csrfToken } from "@/lib/api/csrf";
import { ApiError, defaultMessage, isRecord, offline, problemToError } from "@/lib/api/errors";

import type { AllauthRoute, AllauthRoutes, Flow } from "./types";

export const ALLAUTH = "/api/auth/browser/v1";

/**
 * A 401 of allauth. Either nobody is signed in and `flows` lists what is pending, or a signed-in
 * person must confirm their identity.
 */
export class AuthenticationNeeded extends ApiError {
  override readonly name = "AuthenticationNeeded";

  constructor(
    readonly signedIn: boolean,
    readonly flows: readonly Flow[],
  ) {
    super(
      401,
      signedIn ? "reauthentication_required" : "not_authenticated",
      signedIn ? "Please confirm your identity." : defaultMessage(401),
    );
  }

  isPending(flow: Flow["id"]): boolean {
    return this.flows.some(({ id, is_pending }) => id === flow && is_pending === true);
  }

  offers(flow: Flow["id"]): boolean {
    return this.flows.some(({ id }) => id === flow);
  }
}

type Body<Route extends AllauthRoute> = AllauthRoutes[Route]["body"];

/**
 * Sends one request to allauth. Throws `AuthenticationNeeded` for 401 and `ApiError` for every
 * other failure.
 */
export async function allauth<Route extends AllauthRoute>(
  route: Route,
  ...[body, headers]: Body<Route> extends undefined ? [body?: undefined, headers?: HeadersInit] : [body: Body<Route>]
): Promise<AllauthRoutes[Route]["data"]> {
  const [method = "", path = ""] = route.split(" ");
  const sent = new Headers(headers);
  sent.set("Accept", "application/json");
  if (method !== "GET") {
    sent.set("Content-Type", "application/json");
    sent.set(CSRF_HEADER, await csrfToken());
  }
  const init = { method, headers: sent, credentials: "same-origin", body: body && JSON.stringify(body) } as const;
  const response = await fetch(ALLAUTH + path, init).catch(() => {
    throw offline();
  });
  const parsed: unknown = await response.json().catch(() => null);
  const content = isRecord(parsed) ? parsed : {};
  const meta = isRecord(content["meta"]) ? content["meta"] : {};
  if (response.ok) return content["data"];
  // allauth says "no authenticator app yet" with what is needed to set one up.
  if (response.status === 404 && "totp_url" in meta) return meta;
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
  // A CSRF failure is not allauth's own answer: it is a problem document.
  const problem = problemToError(status, content);
  const message = general.join(" ") || (Object.keys(fields).length > 0 ? "Please check the form." : problem.message);
  return new ApiError(status, problem.reason, message, problem.remedy, fields);
}

function readFlows(data: unknown): Flow[] {
  const flows = isRecord(data) && Array.isArray(data["flows"]) ? data["flows"] : [];
  return flows.filter(
    (flow): flow is Flow & Record<string, unknown> => isRecord(flow) && typeof flow["id"] === "string",
  );
}
