/** Any failure between portal and backend, with a message that a student can read. */
export class ApiError extends Error {
  override readonly name: string = "ApiError";

  constructor(
    /** HTTP status; 0 when no answer came. */
    readonly status: number,
    /** A stable word for decisions in code (`manager_unavailable`, `kind_not_ready`, …). */
    readonly reason: string,
    message: string,
    readonly remedy: string | null = null,
    /** Messages by the name of the form field. */
    readonly fields: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

export const offline = () =>
  new ApiError(0, "offline", "The portal cannot reach the server.", "Check your internet connection, then try again.");

const OUTAGES = /^(offline|manager_unavailable|unavailable|http_50[234])$/;

/** Whether the same request may work later, without the person changing anything. */
export function isTemporary(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status >= 502);
}

/** Whether a part of the platform was away, as while it restarts: nothing was refused. */
export function isOutage(error: unknown): boolean {
  return isTemporary(error) && error instanceof ApiError && OUTAGES.test(error.reason);
}

export function isSignedOut(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401 && error.reason !== "reauthentication_required";
}

/** The message for people: what happened and, if the server says so, what to do. */
export function explain(error: unknown): string {
  if (!(error instanceof ApiError)) return "Something went wrong on this page. Reload it and try again.";
  return error.remedy === null ? error.message : `${error.message} ${error.remedy}`;
}

/**
 * Reads a problem document (RFC 9457). Anything else, such as a proxy's HTML page, gets a default
 * message.
 */
export function problemToError(status: number, body: unknown): ApiError {
  const problem = isRecord(body) ? body : {};
  const fields: Record<string, string> = {};
  if (Array.isArray(problem["errors"])) {
    for (const item of problem["errors"]) {
      if (isRecord(item) && typeof item["field"] === "string" && typeof item["message"] === "string") {
        // The API names a value by its path in the request: `body.email`.
        fields[item["field"].replace(/^(body|path|query)\./, "")] = item["message"];
      }
    }
  }
  return new ApiError(
    status,
    text(problem["reason"]) ?? `http_${status}`,
    text(problem["detail"]) ?? defaultMessage(status),
    text(problem["remedy"]),
    fields,
  );
}

export function defaultMessage(status: number): string {
  if (status === 401) return "Your session has ended. Please sign in again.";
  if (status === 403) return "You do not have permission to do this.";
  if (status === 404) return "This no longer exists.";
  if (status === 429) return "Too many attempts. Wait a minute, then try again.";
  if (status >= 502 && status <= 504) return "The server is not available right now. Try again in a moment.";
  if (status >= 500) return "Something went wrong on the server. Try again in a moment.";
  return "The server did not accept this request. Reload the page and try again.";
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
