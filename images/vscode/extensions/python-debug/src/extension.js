// Debugs Python with debugpy, which speaks VS Code's own protocol. The type is named as in
// Microsoft's extension, so that launch.json files of courses and tutorials work here.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const vscode = require("vscode");

const TYPE = "debugpy";
const MICROSOFTS = "ms-python.debugpy";
const VIRTUAL_ENVIRONMENTS = [".venv", "venv"];

const THE_OPEN_FILE = { name: "Python: the open file", type: TYPE, request: "launch", program: "${file}" };
const A_RUNNING_SERVER = {
  name: "Python: attach to a running server",
  type: TYPE,
  request: "attach",
  connect: { host: "localhost", port: 5678 },
};

function activate(context) {
  context.subscriptions.push(
    vscode.commands.registerCommand("apranova.debugPythonFile", (file) => start(file, false)),
    vscode.commands.registerCommand("apranova.runPythonFile", (file) => start(file, true)),
  );
  if (vscode.extensions.getExtension(MICROSOFTS)) return; // the student's own choice
  const whatToOffer = vscode.DebugConfigurationProviderTriggerKind.Dynamic;
  context.subscriptions.push(
    vscode.debug.registerDebugConfigurationProvider(TYPE, { resolveDebugConfiguration, resolveDebugConfigurationWithSubstitutedVariables }),
    vscode.debug.registerDebugConfigurationProvider(TYPE, { provideDebugConfigurations }, whatToOffer),
    vscode.debug.registerDebugAdapterDescriptorFactory(TYPE, {
      createDebugAdapterDescriptor: (session) => adapter(session.configuration, context.extensionPath),
    }),
    vscode.debug.onDidReceiveDebugSessionCustomEvent(attachToChild),
  );
}

async function start(file, noDebug) {
  const uri = file ?? vscode.window.activeTextEditor?.document.uri;
  if (!uri) return;
  await vscode.workspace.save(uri);
  const folder = vscode.workspace.getWorkspaceFolder(uri);
  await vscode.debug.startDebugging(folder, { ...THE_OPEN_FILE, program: uri.fsPath }, { noDebug });
}

function provideDebugConfigurations() {
  return [THE_OPEN_FILE, A_RUNNING_SERVER];
}

// F5 in a folder without launch.json: nothing is configured at all.
function resolveDebugConfiguration(folder, configuration) {
  if (!configuration.type && !configuration.request) {
    if (vscode.window.activeTextEditor?.document.languageId !== "python") return undefined;
    return { ...configuration, ...THE_OPEN_FILE };
  }
  return configuration;
}

function resolveDebugConfigurationWithSubstitutedVariables(folder, configuration) {
  if (configuration.request !== "launch") return configuration;
  const cwd = configuration.cwd ?? folder?.uri.fsPath ?? path.dirname(configuration.program ?? "/");
  return {
    console: "integratedTerminal",
    ...configuration,
    cwd,
    python: configuration.python ?? interpreter([cwd, folder?.uri.fsPath]),
  };
}

function interpreter(folders) {
  for (const folder of folders.filter(Boolean)) {
    for (const name of VIRTUAL_ENVIRONMENTS) {
      const python = path.join(folder, name, "bin/python");
      if (fs.existsSync(python)) return python;
    }
  }
  return "python3";
}

// `debugpy --listen` has an adapter of its own; to start a program we start one.
function adapter(configuration, extensionPath) {
  if (configuration.request === "attach" && configuration.connect) {
    return new vscode.DebugAdapterServer(configuration.connect.port, configuration.connect.host);
  }
  const python = configuration.python ?? interpreter([vscode.workspace.workspaceFolders?.[0]?.uri.fsPath]);
  return new vscode.DebugAdapterExecutable(python, [path.join(extensionPath, "server/debugpy/adapter")]);
}

// Servers that reload themselves (Flask, Django, uvicorn) run in a process that the first one
// starts; debugpy says where it waits for us.
async function attachToChild({ event, session, body }) {
  if (event !== "debugpyAttach" || session.type !== TYPE) return;
  const options = { parentSession: session, lifecycleManagedByParent: true };
  await vscode.debug.startDebugging(session.workspaceFolder, { ...body, type: TYPE }, options);
}

function deactivate() {}

module.exports = { activate, deactivate };
