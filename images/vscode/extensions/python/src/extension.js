// Starts the Python language server that ships in this folder. The Marketplace's Python extension
// needs the internet and more memory than a workspace has, and may not be used here.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const vscode = require("vscode");
const { LanguageClient, TransportKind } = require("vscode-languageclient/node");

// The whole workspace has 768 MB: the client restarts a server that meets this limit.
const HEAP_MB_MAX = 160;
const VIRTUAL_ENVIRONMENTS = [".venv", "venv"];

let client;

async function activate(context) {
  const server = {
    module: context.asAbsolutePath("server/langserver.index.js"),
    transport: TransportKind.ipc,
    options: { execArgv: [`--max-old-space-size=${HEAP_MB_MAX}`] },
  };
  client = new LanguageClient("apranova.python", "Python", { run: server, debug: server }, {
    documentSelector: [{ scheme: "file", language: "python" }, { scheme: "untitled", language: "python" }],
    synchronize: { configurationSection: ["python"] },
    middleware: {
      workspace: {
        configuration: async (params, token, next) => {
          const values = await next(params, token);
          return params.items.map((item, index) => (item.section === "python" ? withInterpreter(values[index]) : values[index]));
        },
      },
    },
  });
  const watcher = vscode.workspace.createFileSystemWatcher(`**/{${VIRTUAL_ENVIRONMENTS.join(",")}}/pyvenv.cfg`);
  const reread = () => client.sendNotification("workspace/didChangeConfiguration", { settings: null });
  context.subscriptions.push(watcher, watcher.onDidCreate(reread), watcher.onDidDelete(reread));
  await client.start();
}

// The project's own virtual environment decides which packages are known, as it does in the
// terminal.
function withInterpreter(settings) {
  if (settings?.pythonPath) return settings;
  for (const folder of vscode.workspace.workspaceFolders ?? []) {
    for (const name of VIRTUAL_ENVIRONMENTS) {
      const python = path.join(folder.uri.fsPath, name, "bin/python");
      if (fs.existsSync(python)) return { ...settings, pythonPath: python };
    }
  }
  return settings;
}

function deactivate() {
  return client?.stop();
}

module.exports = { activate, deactivate };
