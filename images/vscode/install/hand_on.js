// Loaded before VS Code's server (node --max-semi-space-size=… --require hand_on.js server.js):
// every Node process that it forks, and that those fork, gets the same options. NODE_OPTIONS would
// not do: VS Code takes that variable away from extensions, terminals and language servers.
"use strict";

const childProcess = require("node:child_process");
const fs = require("node:fs");
const { enableCompileCache } = require("node:module");
const path = require("node:path");

// What V8 compiled when the image was built (compile.js). NODE_COMPILE_CACHE would reach students'
// programs. In a task nothing can be added; with another kind of processor nothing is found.
const compiled = path.join(__dirname, "compiled");
if (fs.existsSync(compiled)) enableCompileCache({ directory: compiled, portable: true });

const fork = childProcess.fork;
const ours = process.execArgv.slice(0, process.execArgv.indexOf(__filename) + 1);

childProcess.fork = function (script, words, options) {
  const [given, chosen] = Array.isArray(words) ? [words, options] : [[], words];
  if ((chosen?.execPath ?? process.execPath) !== process.execPath) return fork(script, given, chosen); // not our Node
  // Without options of its own a fork inherits ours.
  const own = chosen?.execArgv ?? process.execArgv;
  const execArgv = own.includes(__filename) ? own : [...ours, ...own];
  return fork(script, given, { ...chosen, execArgv });
};
