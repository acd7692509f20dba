const COOKIE = "apranova_csrf";
export const CSRF_HEADER = "X-CSRFToken";

export function readCsrfCookie(cookies: string): string | null {
  for (const pair of cookies.split("; ")) {
    const [name, value] = pair.split("=", 2);
    if (name === COOKIE && value !== undefined && value !== "") return decodeURIComponent(value);
  }
  return null;
}

/**
 * The token for a request that changes something. A browser without a token gets one from any GET
 * of the sign-in API.
 */
export async function csrfToken(): Promise<string> {
  const known = readCsrfCookie(document.cookie);
  if (known !== null) return known;
  await fetch("/api/auth/browser/v1/config", { credentials: "same-origin" }).catch(() => undefined);
  return readCsrfCookie(document.cookie) ?? "";
}
