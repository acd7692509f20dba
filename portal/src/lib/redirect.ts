export const HOME = "/dashboard";

const INSIDE = "http://portal.invalid";

/**
 * Where to go after signing in: `wanted` if it is a path of this site, else the dashboard. A link such as
 * /signin?next=//evil.example must not lead away, nor back to the sign-in pages.
 */
export function safeNext(wanted: string | null | undefined): string {
  // Browsers strip tabs and newlines inside URLs and take a backslash for a slash, so `/\t/evil` is `//evil`.
  if (wanted == null || !wanted.startsWith("/") || /[\\\u0000-\u0020]/.test(wanted)) return HOME;
  if (!URL.canParse(wanted, INSIDE)) return HOME;
  const url = new URL(wanted, INSIDE);
  if (url.origin !== INSIDE || url.pathname === "/" || /^\/(signin|signup|password)(\/|$)/.test(url.pathname))
    return HOME;
  // `/.//evil` stays inside while parsing, but its path, used alone, would not.
  if (url.pathname.startsWith("//")) return HOME;
  return url.pathname + url.search + url.hash;
}

/** The sign-in page that comes back to `path`. */
export function signInPath(path: string, page: "/signin" | "/signin/code" = "/signin"): string {
  const next = safeNext(path);
  return next === HOME ? page : `${page}?next=${encodeURIComponent(next)}`;
}

/** The door and the admin are served by others than Next, so that the browser must load them itself. */
export function isPortalPath(path: string): boolean {
  return !/^\/(api|workspace)(\/|$)/.test(path);
}
