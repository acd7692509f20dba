/**
 * The only variable of our own: where `next dev` finds a backend. The portal that people use has none, because the
 * edge puts portal and API on one origin. (HOSTNAME and PORT are read by Next's server.)
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
