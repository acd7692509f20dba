export const HOME = "/dashboard";

const INSIDE = "http://portal.invalid";

/**
 * The page to open after signing in: `wanted` if it is a path of this site, otherwise the
 * dashboard. A link such as /signin?next=//evil.example must not lead to another site, nor back to
 * the sign-in pages.
 */
export function safeNext(wanted: string | null | undefined): string {
  // Browsers strip tabs and newlines inside URLs and read a backslash as a slash, so `/\t/evil` is
  // `//evil`.
  if (wanted == null || !wanted.startsWith("/") || /[\\\u0000-\u0020]/.test(wanted)) return HOME;
  if (!URL.canParse(wanted, INSIDE)) return HOME;
  const url = new URL(wanted, INSIDE);
  if (url.origin !== INSIDE || url.pathname === "/" || /^\/(signin|signup|password)(\/|$)/.test(url.pathname))
    return HOME;
  // `/.//evil` is parsed as a path of this site, but that path alone would lead to another one.
  if (url.pathname.startsWith("//")) return HOME;
  return url.pathname + url.search + url.hash;
}

/** The sign-in page that returns to `path`. */
export function signInPath(path: string, page: "/signin" | "/signin/code" = "/signin"): string {
  const next = safeNext(path);
  return next === HOME ? page : `${page}?next=${encodeURIComponent(next)}`;
}

/**
 * Whether Next serves the path. It does not serve the door and the admin, so the browser must load
 * those itself.
 */
export function isPortalPath(path: string): boolean {
  return !/^\/(api|workspace)(\/|$)/.test(path);
}
