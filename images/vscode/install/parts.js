// What server.js uses of code-server. recipe.py makes one file of it and of all that it loads: Node
// would look for 350 files at each start.
"use strict";

module.exports = {
  cli: require("code-server/out/node/cli"),
  main: require("code-server/out/node/main"),
  wrapper: require("code-server/out/node/wrapper"),
};
