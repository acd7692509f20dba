// The app of the newest exercise runs in a terminal and is shown beside the editor, if the instructor
// handed it out with a devcontainer.json (agent/hand_out/app.py). It is started at most once in a
// launch of the workspace, and shown once in a browser: what a student ends or closes stays so.
"use strict";

const crypto = require("node:crypto");
const fs = require("node:fs");
const net = require("node:net");
const os = require("node:os");
const path = require("node:path");
const vscode = require("vscode");

const OWN = path.join(os.homedir(), ".local/share/apranova");
const FILE = "app.json";
const PROJECT = path.join(os.homedir(), "project");
const MARKS = process.env.XDG_RUNTIME_DIR ?? os.tmpdir(); // of this launch alone
const VIEW = "apranova.app";
const VIEW_OPTIONS = { enableScripts: true, retainContextWhenHidden: true };
const SHOWN = "apranova.shownApps";
const SHOWN_MAX = 50;
const CLOSED = "closed";
const CHANGED_WITHIN_MS = 300;
const LOOK_EVERY_MS = 200;
const ANSWERS_WITHIN_MS = 10 * 60_000;
const QUESTION = "The app of an earlier exercise is still running. The new one may need its port.";
const START = "Start the new one instead";

/** `tabs`: settled when the tabs of before are back, so that a preview comes after them. */
function startApp(context, tabs) {
  let timer;
  const look = () =>
    begin(context, tabs).catch((problem) => console.error("apranova: the app was not started", problem));
  try {
    // The folder is watched: a hand-out puts another file in the place of this one.
    const watcher = fs.watch(OWN, { persistent: false }, (_, name) => {
      if (name !== FILE) return;
      clearTimeout(timer);
      timer = setTimeout(look, CHANGED_WITHIN_MS);
    });
    watcher.on("error", () => {});
    context.subscriptions.push({ dispose: () => (clearTimeout(timer), watcher.close()) });
  } catch {
    // No folder, no app yet: it is looked for when the editor is opened next.
  }
  context.subscriptions.push(
    vscode.window.registerWebviewPanelSerializer(VIEW, {
      // The page was loaded again. It has the address from us.
      deserializeWebviewPanel: async (panel, state) =>
        typeof state?.address === "string" ? fill(panel, state.address) : panel.dispose(),
    }),
    vscode.window.onDidCloseTerminal((closed) => {
      const app = declared();
      const { Process, User } = vscode.TerminalExitReason; // `exit` typed in its shell, or its bin clicked
      const byStudent = [Process, User].includes(closed.exitStatus?.reason);
      if (app && byStudent && closed.name === nameOf(app)) fs.writeFileSync(markOf(app), CLOSED);
    }),
  );
  return look();
}

async function begin(context, tabs) {
  const app = declared();
  if (!app || !vscode.workspace.getConfiguration("apranova").get("startApp")) return;
  const folder = path.join(PROJECT, app.folder);
  if (vscode.workspace.workspaceFolders?.[0]?.uri.fsPath !== PROJECT || !fs.existsSync(folder)) return;
  const mark = markOf(app);
  if (!wasStarted(mark)) {
    if (anyRuns() && (await vscode.window.showInformationMessage(QUESTION, START)) !== START) return;
    open(app, folder, mark);
  }
  if (app.port) await show(context, app, mark, tabs);
}

/** What the newest hand-out declared, or undefined. A student may have written anything there. */
function declared() {
  try {
    const app = JSON.parse(fs.readFileSync(path.join(OWN, FILE), "utf8"));
    const texts = [app.assignment, app.folder, app.prepare, app.start];
    if (app.version !== 1 || !texts.every((text) => typeof text === "string") || !Number.isInteger(app.port))
      return undefined;
    if (!/^[\w-]{1,80}$/.test(app.assignment) || !/^[\w-]*$/.test(app.folder)) return undefined;
    return { ...app, id: `${app.assignment}-${Number(app.number)}` };
  } catch {
    return undefined;
  }
}

function open(app, folder, mark) {
  for (const terminal of vscode.window.terminals.filter(isOurs)) terminal.dispose();
  fs.writeFileSync(mark, "");
  const terminal = vscode.window.createTerminal({
    name: nameOf(app),
    cwd: folder,
    shellPath: "/bin/bash",
    shellArgs: [path.join(__dirname, "app.sh"), mark, path.join(OWN, "prepared", app.id), app.prepare, app.start],
    iconPath: new vscode.ThemeIcon("rocket"),
  });
  terminal.show(true);
}

const markOf = (app) => path.join(MARKS, `app-${app.id}`);
const nameOf = (app) => `App: ${app.folder || "project"}`;
const isOurs = (terminal) => terminal.name.startsWith("App: ");

/** In this launch: its terminal is there (the page was loaded again, or another window has it), or
 * the student has closed it. A terminal that ended with its window is no such thing. */
const wasStarted = (mark) => ["", CLOSED].includes(textOf(mark)) || isAlive(mark);
const isAlive = (mark) => /^\d+$/.test(textOf(mark)) && fs.existsSync(`/proc/${textOf(mark)}`);

/** An earlier exercise's app runs, which may have the same port. */
const anyRuns = () => fs.readdirSync(MARKS).some((name) => name.startsWith("app-") && isAlive(path.join(MARKS, name)));

function textOf(file) {
  try {
    return fs.readFileSync(file, "utf8").trim();
  } catch {
    return undefined;
  }
}

async function show(context, app, mark, tabs) {
  if (context.workspaceState.get(SHOWN, []).includes(app.id)) return;
  // No notice of the port beside its preview.
  const silent = { autoForwardAction: vscode.PortAutoForwardAction.Silent };
  const selector = { portRange: [app.port, app.port + 1] };
  context.subscriptions.push(
    vscode.workspace.registerPortAttributesProvider(selector, {
      providePortAttributes: ({ port }) => (port === app.port ? silent : undefined),
    }),
  );
  const until = Date.now() + ANSWERS_WITHIN_MS;
  while (!(await listens(app.port))) {
    if (Date.now() > until || textOf(mark) === CLOSED || declared()?.id !== app.id) return;
    await new Promise((done) => setTimeout(done, LOOK_EVERY_MS));
  }
  await tabs;
  const address = await vscode.env.asExternalUri(vscode.Uri.parse(`http://localhost:${app.port}/`));
  const known = context.workspaceState.get(SHOWN, []);
  if (known.includes(app.id)) return; // the same hand-out came twice
  // The student may be typing: the keyboard stays where it is. VS Code's own Simple Browser takes it.
  const where = { viewColumn: vscode.ViewColumn.Two, preserveFocus: true };
  fill(vscode.window.createWebviewPanel(VIEW, nameOf(app), where, VIEW_OPTIONS), address.toString(true));
  await context.workspaceState.update(SHOWN, [...known, app.id].slice(-SHOWN_MAX));
}

/** The app in a frame: what it serves has an origin of its own. */
function fill(panel, address) {
  const nonce = crypto.randomBytes(16).toString("hex");
  const href = address.replace(/[&"<>]/g, encodeURIComponent);
  panel.iconPath = new vscode.ThemeIcon("rocket");
  panel.webview.html = `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy"
      content="default-src 'none'; frame-src http: https:; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'">
    <style nonce="${nonce}">
      html, body { height: 100%; margin: 0; padding: 0; }
      body { display: flex; flex-direction: column; }
      header { display: flex; gap: 1.5em; align-items: center; padding: 0.3em 0.8em; }
      button { background: none; border: 0; padding: 0.3em; font: inherit; cursor: pointer; color: var(--vscode-textLink-foreground); }
      iframe { flex: 1; border: 0; background: white; }
    </style>
  </head>
  <body>
    <header><button type="button">Reload</button><a href="${href}">Open in a tab</a></header>
    <iframe src="${href}" title="The app" referrerpolicy="origin"
      sandbox="allow-scripts allow-forms allow-same-origin allow-downloads allow-modals"></iframe>
    <script nonce="${nonce}">
      const frame = document.querySelector("iframe");
      acquireVsCodeApi().setState({ address: frame.src });
      document.querySelector("button").addEventListener("click", () => (frame.src = frame.src));
    </script>
  </body>
</html>`;
}

function listens(port) {
  return new Promise((done) => {
    const socket = net.connect({ port, host: "localhost" });
    socket.once("connect", () => (socket.destroy(), done(true)));
    socket.once("error", () => done(false));
  });
}

module.exports = { startApp };
