const COOKIES = ["__Host-apranova_csrf", "apranova_csrf"]; // with HTTPS, without
export const CSRF_HEADER = "X-CSRFToken";

export function readCsrfCookie(cookies: string): string | null {
  const pairs = cookies.split("; ").map((pair) => pair.split("=", 2));
  for (const cookie of COOKIES) {
    const value = pairs.find(([name, text]) => name === cookie && text !== "")?.[1];
    if (value !== undefined) return decodeURIComponent(value);
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
