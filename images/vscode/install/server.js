// Serves VS Code from one Node process. code-server's own entry.js forks a second one that does the
// work, for updates in place, which an image never gets; waiting, the first costs every task a
// fifth of its memory. This script does what entry.js does in the first process (arguments) and
// then what it does in the second (the server).
"use strict";

const fs = require("node:fs");
const http = require("node:http");
const path = require("node:path");

// VS Code's server imports this module as a whole, which makes Node load a client for WebSockets
// that nobody here uses: a thirteenth of the start.
for (const name of ["WebSocket", "CloseEvent", "MessageEvent"]) delete http[name];

// With this variable code-server serves, and ends when the named process (our parent, the agent)
// has gone; without it, it forks and keeps log files in the student's home.
process.env.CODE_SERVER_PARENT_PID = String(process.ppid);
// The `code` command in terminals starts with this Node.
process.env.NODE_EXEC_PATH = process.execPath;

const USED = {
  cli: ["parse", "readConfigFile", "setDefaults"],
  main: ["runCodeServer"],
  wrapper: ["isChild", "wrapper"],
};
const USED_OF_WRAPPER = ["preventExit", "onDispose", "exit"];

// One file, where the build has made it (parts.js); it has to lie where code-server's own files do.
const PARTS = path.join(__dirname, "node_modules/code-server/out/node/parts.js");
const bundled = fs.existsSync(PARTS);

function codeServer(name) {
  return bundled ? require(PARTS)[name] : require(`code-server/out/node/${name}`);
}

/** What this code-server lacks of what we use; the build asks, so that another version fails there. */
function missing() {
  const absent = Object.entries(USED).flatMap(([module, names]) => {
    try {
      return names.filter((name) => codeServer(module)[name] === undefined).map((name) => `${module}.${name}`);
    } catch (error) {
      return [`${module} (${error.message.split("\n")[0]})`];
    }
  });
  if (absent.length > 0) return absent;
  const { isChild, wrapper } = codeServer("wrapper");
  if (!isChild(wrapper)) return ["wrapper.wrapper for a process that serves"];
  return USED_OF_WRAPPER.filter((name) => typeof wrapper[name] !== "function").map((name) => `wrapper.wrapper.${name}`);
}

async function serve(words) {
  const { parse, readConfigFile, setDefaults } = codeServer("cli");
  const { wrapper } = codeServer("wrapper");
  try {
    const given = parse(words);
    const options = await setDefaults(given, await readConfigFile(given.config));
    // Its sockets and its heartbeat need the folder, which a new home lacks.
    fs.mkdirSync(options["user-data-dir"], { recursive: true });
    wrapper.preventExit(); // VS Code's server would end this process when it thinks that it is done
    const server = await codeServer("main").runCodeServer(options);
    wrapper.onDispose(() => server.dispose());
  } catch (error) {
    console.error(error.message);
    wrapper.exit(error);
  }
}

// VS Code's server reads the arguments too, and does not know code-server's.
const words = process.argv.splice(2);
if (words[0] === "--missing") {
  process.stdout.write(missing().join("\n"), () => process.exit(0));
} else {
  serve(words);
}
