// Run once for each program when the image is built: `node compile.js server` and `node compile.js
// ENTRY` for what the server forks. Through hand_on.js, V8 keeps what it compiled here; in tasks it
// is read, and not compiled again.
"use strict";

const { once } = require("node:events");
const fs = require("node:fs");
const http = require("node:http");
const { flushCompileCache } = require("node:module");
const os = require("node:os");
const path = require("node:path");
const { setTimeout: sleep } = require("node:timers/promises");

fs.mkdirSync(path.join(__dirname, "compiled"), { recursive: true });
require("./hand_on.js");

const VSCODE = path.join(__dirname, "node_modules/code-server/lib/vscode/out");
const PATIENCE_MS = 60_000;

/** Start the server as a task does, until it has answered what a warm task is asked. */
async function server(folder) {
  const socket = path.join(folder, "socket");
  fs.writeFileSync(path.join(folder, "settings.yaml"), "{}\n");
  process.argv.push("--config", path.join(folder, "settings.yaml"), "--auth", "none", "--socket", socket);
  process.argv.push("--session-socket", path.join(folder, "sessions"), "--user-data-dir", path.join(folder, "data"));
  require("./server.js");
  for (const asked of ["/healthz", "/version"]) {
    while (!(await answers(socket, asked))) await sleep(50);
  }
  // The server then reads its extensions, and keeps what it found for the next start: recipe.py.
  const found = path.join(folder, "data/CachedProfilesData/__default__profile__/extensions.builtin.cache");
  while (!isWhole(found)) await sleep(50);
  fs.copyFileSync(found, path.join(__dirname, "extensions.builtin.cache"));
}

function isWhole(file) {
  try {
    JSON.parse(fs.readFileSync(file, "utf8"));
    return true;
  } catch {
    return false;
  }
}

async function answers(socketPath, asked) {
  try {
    const [answer] = await once(http.get({ socketPath, path: asked, agent: false }), "response");
    await answer.toArray();
    return answer.statusCode === 200;
  } catch {
    return false;
  }
}

/** Load what the server forks; without a connection it waits, and does nothing. */
async function forked(entry) {
  process.env.VSCODE_ESM_ENTRYPOINT = entry;
  process.env.VSCODE_EXTHOST_WILL_SEND_SOCKET = "1";
  process.env.VSCODE_NLS_CONFIG = JSON.stringify({
    userLocale: "en",
    osLocale: "en",
    resolvedLanguage: "en",
    defaultMessagesFile: path.join(VSCODE, "nls.messages.json"),
  });
  await import(path.join(VSCODE, "bootstrap-fork.js"));
  await import(path.join(VSCODE, `${entry}.js`));
}

async function compile(what) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "compile-"));
  for (const name of ["HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"]) process.env[name] = folder;
  try {
    await (what === "server" ? server(folder) : forked(what));
    flushCompileCache();
    return 0;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

const [what] = process.argv.splice(2);
setTimeout(() => {
  console.error(`${what} did not start within ${PATIENCE_MS / 1000} s`);
  process.reallyExit(1);
}, PATIENCE_MS);
compile(what).then(
  (code) => process.reallyExit(code), // past what VS Code does at an end, as it must not do anything
  (error) => {
    console.error(error);
    process.reallyExit(1);
  },
);
