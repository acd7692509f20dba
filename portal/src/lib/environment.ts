/**
 * The backend that `next dev` uses. This is the portal's only variable. In production it is not
 * set, because the edge serves portal and API from one origin. (Next's server itself reads HOSTNAME
 * and PORT.)
 */
export function readDevelopmentBackend(environment: Record<string, string | undefined>): string | null {
  const value = environment["APRANOVA_PORTAL_DEV_BACKEND"];
  if (value === undefined || value === "") return null;
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol)) {
    throw new Error(
      `APRANOVA_PORTAL_DEV_BACKEND: an http(s) origin such as http://127.0.0.1:8080 is expected, got ${JSON.stringify(value)}`,
    );
  }
  return new URL(value).origin;
}
