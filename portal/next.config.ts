import type { NextConfig } from "next";

import { readDevelopmentBackend } from "./src/lib/environment";

// Every page is prerendered and static: the server calls nobody and needs no secrets, and the
// inline scripts of each page are known after the build, so that the edge can allow exactly these
// by hash (scripts/assemble.mjs).
const config: NextConfig = {
  output: "standalone",
  poweredByHeader: false,
  reactStrictMode: true,
  images: { unoptimized: true },
  outputFileTracingRoot: import.meta.dirname,
  outputFileTracingExcludes: { "*": ["node_modules/@img/**", "node_modules/sharp/**", "node_modules/typescript/**"] },
  // `npm run check` proves the types; whoever starts the product need not wait for it, nor install
  // what tests need.
  typescript: { ignoreBuildErrors: true },
  experimental: { preloadEntriesOnStart: false },
  async redirects() {
    return [
      { source: "/", destination: "/dashboard", permanent: false },
      { source: "/administration", destination: "/administration/workspaces", permanent: false },
    ];
  },
  async rewrites() {
    const developmentBackend = readDevelopmentBackend(process.env);
    return [
      // Browsers ask for it by this name where a page of the origin names no icon.
      { source: "/favicon.ico", destination: "/icon.svg" },
      // A static page for every key: rendering one for each would put the key into an inline script
      // of its own.
      { source: "/password/reset/:key", destination: "/password/reset/new" },
      // The same for cohorts and join links: one static page for all of them.
      { source: "/cohorts/:id", destination: "/cohorts/one" },
      { source: "/cohorts/:id/assignments/:assignment", destination: "/cohorts/assignment" },
      { source: "/cohorts/:id/students/:student/history", destination: "/cohorts/history" },
      { source: "/cohorts/:id/students/:student/look", destination: "/cohorts/look" },
      { source: "/courses/:id", destination: "/courses/one" },
      { source: "/history/:workspace", destination: "/history/one" },
      { source: "/files/:workspace", destination: "/files/one" },
      { source: "/join/:key", destination: "/join/one" },
      // In production the edge sends these to the backend; `next dev` does it itself.
      ...(developmentBackend === null
        ? []
        : ["/api/:path*", "/workspace/:path*"].map((source) => ({
            source,
            destination: `${developmentBackend}${source}`,
          }))),
    ];
  },
  // Django's paths end in a slash; a redirect that removes it would break them under `next dev`.
  skipTrailingSlashRedirect: true,
};

export default config;
