// Starts the standalone server where nothing of ours stands in front of it: on AWS the load
// balancer calls it directly. It sends the headers that on one machine the gateway adds
// (gateway/envoy.yaml; a test compares them), with the policy of csp.json.
import { readFile } from "node:fs/promises";
import http from "node:http";

const headers = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), bluetooth=()",
  "cross-origin-opener-policy": "same-origin",
  "x-frame-options": "DENY",
};

const publicUrl = new URL(process.env.APRANOVA_PUBLIC_URL ?? "http://localhost");
const workspacesDomain = process.env.APRANOVA_WORKSPACES_DOMAIN ?? "";
if (publicUrl.protocol === "https:") {
  headers["strict-transport-security"] = "max-age=31536000";
}
const policy = JSON.parse(await readFile(new URL("csp.json", import.meta.url), "utf8"));
if (workspacesDomain !== "") {
  // Chrome checks where a form's redirect leads to as well: the door answers the Launch button with
  // one to a workspace.
  policy["form-action"].push(`${publicUrl.protocol}//*.${workspacesDomain}`);
}
headers["content-security-policy"] = Object.entries(policy)
  .map(([directive, sources]) => `${directive} ${sources.join(" ")}`)
  .join("; ");

// Next.js has no setting for headers that are known only after its build.
const createServer = http.createServer;
http.createServer = (...parameters) => {
  const server = createServer(...parameters);
  server.prependListener("request", (_request, response) => {
    for (const [name, value] of Object.entries(headers)) {
      response.setHeader(name, value);
    }
  });
  return server;
};

await import(new URL("server.js", import.meta.url).href);
