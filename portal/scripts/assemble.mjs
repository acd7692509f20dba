// Turns Next's standalone output into a folder that runs by itself: adds the static files that
// `server.js` serves from its own folder, and writes csp.json, the inline scripts and styles of all
// pages as hashes, for the edge's Content-Security-Policy.
import { createHash } from "node:crypto";
import { cp, glob, readFile, writeFile } from "node:fs/promises";

const build = new URL("../.next/", import.meta.url);
const standalone = new URL("standalone/", build);

await cp(new URL("static/", build), new URL(".next/static/", standalone), { recursive: true });
await cp(new URL("../public/", import.meta.url), new URL("public/", standalone), { recursive: true });

const scripts = new Set();
for await (const page of glob("server/**/*.html", { cwd: build.pathname })) {
  const html = await readFile(new URL(page, build), "utf8");
  for (const [, attributes, body] of html.matchAll(/<script\b([^>]*)>(.*?)<\/script>/gs)) {
    if (!/\ssrc=/.test(attributes) && body !== "") {
      scripts.add(`'sha256-${createHash("sha256").update(body).digest("base64")}'`);
    }
  }
}
const csp = {
  "default-src": ["'self'"],
  "script-src": ["'self'", ...[...scripts].sort()],
  "style-src": ["'self'"],
  "img-src": ["'self'", "data:"],
  "connect-src": ["'self'"],
  "object-src": ["'none'"],
  "base-uri": ["'none'"],
  "form-action": ["'self'"],
  "frame-ancestors": ["'none'"],
};
await writeFile(new URL("csp.json", standalone), `${JSON.stringify(csp, null, 2)}\n`);
console.log(`standalone folder complete; csp.json allows ${scripts.size} inline scripts by hash`);
