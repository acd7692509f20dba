// A backend to look at the portal with, without a database or a workspace: `npm run fake` after `npm run build`, then
// http://127.0.0.1:8090/signin (any e-mail address; passwords: "wrong" is wrong, "code" asks for a code, 123456).
// Puts portal and API on one origin and sends the Content-Security-Policy of csp.json, as the edge does.
// POST /_scenario with {"workspace": {…}, "kinds": […], "me": {…}, "unavailable": true} sets what it answers.
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import http from "node:http";

const PORT = Number(process.env.PORT ?? 8090);
const PORTAL_PORT = PORT + 1;
const STANDALONE = new URL("../.next/standalone/", import.meta.url);

const csp = Object.entries(JSON.parse(await readFile(new URL("csp.json", STANDALONE), "utf8")))
  .map(([directive, sources]) => `${directive} ${sources.join(" ")}`)
  .join("; ");
const portal = spawn(process.execPath, [new URL("server.js", STANDALONE).pathname], {
  env: { ...process.env, HOSTNAME: "127.0.0.1", PORT: String(PORTAL_PORT) },
  stdio: "inherit",
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));
process.on("exit", () => portal.kill());

const iso = (seconds) => new Date(Date.now() + seconds * 1000).toISOString();
const ID = "ws-abcdefghij";
const fresh = () => ({
  unavailable: false,
  signedIn: false,
  mfa: false,
  viewedCodes: false,
  reauthenticated: false,
  workspace: null,
  kinds: [
    { kind: "vscode", ready: true, text: "" },
    { kind: "superset", ready: true, text: "" },
  ],
  me: {
    id: "1",
    email: "amara@school.example",
    name: "Amara Okafor",
    role: "student",
    track: "FSD",
    kinds: ["vscode"],
    mfa_enabled: false,
    school: { name: "Nordlicht Bootcamp", isolated: true, warnings: [] },
  },
});
let world = fresh();
let watchers = [];
let timers = [];

const KIND_NAMES = { vscode: "VS Code", superset: "Superset" };
const newWorkspace = (kind) => ({
  id: ID,
  kind,
  name: `Amara Okafor's ${KIND_NAMES[kind]}`,
  state: "stopped",
  url: `/workspace/${ID}/`,
  steps: [],
  launch_path: null,
  running_since: null,
  last_activity: null,
  idle_timeout_s: 1800,
  stops_at: null,
  stops_because: null,
  warned: false,
  keep_running_until: null,
  keep_running_max_s: 14400,
  stop_reason: null,
  stopped_at: null,
  deleted_at: null,
  purge_at: null,
  failure: null,
  has_home: false,
  owner: { id: "1", name: "Amara Okafor" },
});

function change(fields) {
  world.workspace = { ...world.workspace, ...fields };
  for (const response of watchers) response.write(`event: workspace\ndata: ${JSON.stringify(world.workspace)}\n\n`);
  return world.workspace;
}

function step(name, text) {
  change({ steps: [...world.workspace.steps, { name, at: iso(0), text }] });
}

function play(script) {
  timers.forEach(clearTimeout);
  timers = script.map(([afterMs, action]) => setTimeout(action, afterMs));
}

function launch(delays = [0, 700, 1500, 2200]) {
  change({ state: "starting", failure: null, stop_reason: null, launch_path: "warm", steps: [] });
  step("requested", "You asked for your workspace");
  play([
    [delays[1], () => step("task_claimed", "Found a workspace that was ready")],
    [delays[2], () => step("home_attached", "Your files are attached")],
    [
      delays[3],
      () => {
        step("application_ready", `${KIND_NAMES[world.workspace.kind]} is ready`);
        change({
          state: "running",
          has_home: true,
          running_since: iso(0),
          last_activity: { at: iso(0), reason: "opened the workspace" },
          stops_at: iso(1800),
          stops_because: "no activity for 30 minutes",
        });
      },
    ],
  ]);
  return world.workspace;
}

function stop(then = () => undefined) {
  change({ state: "stopping", warned: false, keep_running_until: null });
  step("saving", "Saving your work");
  const stopped = { state: "stopped", stop_reason: "by_person", stopped_at: iso(1), running_since: null };
  play([
    [800, () => step("saved", "Everything is saved")],
    [
      1500,
      () => {
        change({ ...stopped, stops_at: null, last_activity: null });
        then();
      },
    ],
  ]);
  return world.workspace;
}

const json = (response, status, body, type = "application/json") => {
  response.writeHead(status, { "content-type": type, "set-cookie": "apranova_csrf=fake; Path=/" });
  response.end(JSON.stringify(body));
};
const problem = (response, status, reason, detail, remedy) =>
  json(
    response,
    status,
    { type: "about:blank", title: reason, status, detail, reason, remedy },
    "application/problem+json",
  );
const flows = (response, ids, signedIn = false) =>
  json(response, 401, {
    status: 401,
    data: { flows: ids.map((id) => ({ id, is_pending: true })) },
    meta: { is_authenticated: signedIn },
  });
const invalid = (response, param, message) =>
  json(response, 400, { status: 400, errors: [{ message, code: "invalid", param }] });
const ok = (response, data, meta) => json(response, 200, { status: 200, data, meta });

function answerAllauth(request, response, path, body) {
  const route = `${request.method} ${path}`;
  const codes = { total_code_count: 10, unused_code_count: 10 };
  const list = Array.from({ length: 10 }, (_, index) => `${73120000 + index * 9137}`);
  switch (route) {
    case "GET /config":
      return ok(response, { account: {}, usersessions: { track_activity: true } });
    case "POST /auth/login":
      if (body.password === "wrong")
        return invalid(response, "password", "The email address and/or password you specified are not correct.");
      if (body.password === "code") return flows(response, ["mfa_authenticate"]);
      world.signedIn = true;
      return ok(response, {});
    case "POST /auth/2fa/authenticate":
      if (body.code !== "123456") return invalid(response, "code", "Incorrect code.");
      world.signedIn = true;
      return ok(response, {});
    case "POST /auth/signup":
      if (body.password.length < 8) return invalid(response, "password", "This password is too short.");
      world.signedIn = true;
      return ok(response, {});
    case "DELETE /auth/session":
      world = fresh();
      return flows(response, ["login"]);
    case "POST /auth/password/request":
      return ok(response);
    case "GET /auth/password/reset":
      return request.headers["x-password-reset-key"] === "good"
        ? ok(response, { user: {} })
        : invalid(response, "key", "The password reset token was invalid.");
    case "POST /auth/password/reset":
      if (body.password.length < 8) return invalid(response, "password", "This password is too short.");
      return flows(response, ["login"]);
    case "POST /account/password/change":
      return body.current_password === "wrong"
        ? invalid(response, "current_password", "Please type your current password.")
        : ok(response, {});
    case "GET /account/authenticators":
      return ok(response, world.mfa ? [{ type: "totp" }, { type: "recovery_codes" }] : []);
    case "GET /account/authenticators/totp": {
      const secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
      const totp_url = `otpauth://totp/Nordlicht:amara%40school.example?secret=${secret}&issuer=Nordlicht`;
      return json(response, 404, { status: 404, meta: { secret, totp_url } });
    }
    case "POST /account/authenticators/totp":
      if (!world.reauthenticated) return flows(response, ["reauthenticate"], true);
      if (body.code !== "123456") return invalid(response, "code", "Incorrect code.");
      world.mfa = true;
      return ok(response, { type: "totp" });
    case "DELETE /account/authenticators/totp":
      world.mfa = false;
      return ok(response);
    case "POST /auth/reauthenticate":
      if (body.password === "wrong") return invalid(response, "password", "Incorrect password.");
      world.reauthenticated = true;
      return ok(response, {});
    case "GET /account/authenticators/recovery-codes":
      if (world.viewedCodes) return ok(response, codes);
      world.viewedCodes = true;
      return ok(response, { ...codes, unused_codes: list });
    case "POST /account/authenticators/recovery-codes":
      return ok(response, { ...codes, unused_codes: list });
    case "GET /auth/sessions": {
      const at = Date.now() / 1000;
      const agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36";
      const phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Safari/604";
      return ok(response, [
        { id: 1, ip: "127.0.0.1", user_agent: agent, created_at: at, last_seen_at: at, is_current: true },
        { id: 2, ip: "192.0.2.7", user_agent: phone, created_at: at - 9e4, last_seen_at: at - 7e3, is_current: false },
      ]);
    }
    default:
      return json(response, 404, { status: 404 });
  }
}

function answerApi(request, response, path, body) {
  if (path.startsWith("/api/auth/browser/v1")) return answerAllauth(request, response, path.slice(20), body);
  if (path === "/api/invitations/good/") {
    const invitation = { email: "amara@school.example", role: "student", track: "FSD" };
    return json(response, 200, { ...invitation, school: "Nordlicht Bootcamp", expires_at: iso(86400) });
  }
  if (path.startsWith("/api/invitations/"))
    return problem(response, 404, "not_found", "This invitation does not exist.");
  if (!world.signedIn) return problem(response, 401, "not_authenticated", "You are not signed in.");
  if (path === "/api/me/") return json(response, 200, { ...world.me, mfa_enabled: world.mfa });
  if (world.unavailable)
    return problem(response, 503, "manager_unavailable", "The workspaces cannot be reached.", "Try again in a moment.");
  const list = { items: world.workspace === null ? [] : [world.workspace], kinds: world.kinds };
  const routes = {
    "GET /api/workspace/": () => list,
    "POST /api/workspace/create/": () => {
      if (world.workspace?.state !== "stopped") world.workspace = newWorkspace(body.kind ?? world.me.kinds[0]);
      return launch();
    },
    [`GET /api/workspace/${ID}/`]: () => world.workspace,
    [`DELETE /api/workspace/${ID}/`]: () =>
      change({ state: "deleted", deleted_at: iso(0), purge_at: iso(7 * 86400), warned: false }),
    [`POST /api/workspace/${ID}/stop/`]: () => stop(),
    [`POST /api/workspace/${ID}/restart/`]: () => stop(() => launch()),
    [`POST /api/workspace/${ID}/undelete/`]: () =>
      change({ state: "stopped", stop_reason: "deleted", deleted_at: null, purge_at: null, stopped_at: iso(-5) }),
    [`POST /api/workspace/${ID}/keep-running/`]: () =>
      change({
        warned: false,
        keep_running_until: body.hours === 0 ? null : iso(body.hours * 3600),
        stops_at: iso(Math.max(1800, body.hours * 3600)),
        stops_because: body.hours === 0 ? "no activity for 30 minutes" : "you asked to keep it running until then",
      }),
  };
  if (path === `/api/workspace/${ID}/events/` && world.workspace !== null) {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(`event: workspace\ndata: ${JSON.stringify(world.workspace)}\n\n`);
    watchers.push(response);
    return request.on("close", () => (watchers = watchers.filter((watcher) => watcher !== response)));
  }
  const route = routes[`${request.method} ${path}`];
  if (route === undefined) return problem(response, 404, "not_found", "There is nothing at this address.");
  return json(response, 200, route());
}

function setScenario(response, scenario) {
  timers.forEach(clearTimeout);
  watchers.forEach((watcher) => watcher.end());
  watchers = [];
  const { workspace, me, launchDelays, ...rest } = scenario;
  world = { ...fresh(), signedIn: true, ...rest };
  world.me = { ...world.me, ...me };
  if (workspace) world.workspace = { ...newWorkspace(), ...workspace };
  if (launchDelays) launch(launchDelays);
  return json(response, 200, {});
}

function forward(request, response) {
  const options = {
    host: "127.0.0.1",
    port: PORTAL_PORT,
    path: request.url,
    method: request.method,
    headers: request.headers,
  };
  const upstream = http.request(options, (answer) => {
    response.writeHead(answer.statusCode, { ...answer.headers, "content-security-policy": csp });
    answer.pipe(response);
  });
  upstream.on("error", () => response.writeHead(502).end());
  request.pipe(upstream);
}

http
  .createServer(async (request, response) => {
    const path = new URL(request.url, "http://fake").pathname;
    if (path.startsWith("/workspace")) return response.end("<!doctype html><title>Door</title><p>The door.");
    if (!path.startsWith("/api/") && path !== "/_scenario") return forward(request, response);
    const chunks = await Array.fromAsync(request);
    const body = chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString());
    return path === "/_scenario" ? setScenario(response, body) : answerApi(request, response, path, body);
  })
  .listen(PORT, "127.0.0.1", () => console.log(`portal with a fake backend: http://127.0.0.1:${PORT}/`));
