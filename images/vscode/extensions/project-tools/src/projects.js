// Which folder's ESLint and Prettier a file belongs to: the nearest one, never above the workspace.
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const ESLINT = /^(eslint\.config\.[cm]?[jt]s|\.eslintrc(\.(c?js|ya?ml|json))?)$/;

function* above(file, root) {
  if (!root || !file.startsWith(root + path.sep)) return;
  for (let folder = path.dirname(file); folder.length >= root.length; folder = path.dirname(folder)) yield folder;
}

function namesIn(folder) {
  try {
    return fs.readdirSync(folder);
  } catch {
    return [];
  }
}

const find = (folders, test) => [...folders].find(test);
const has = (name) => (folder) => fs.existsSync(path.join(folder, "node_modules", name, "package.json"));

// Where ESLint's settings are; ESLint itself may be installed in a folder above.
function eslintFolder(file, root) {
  if (file.includes(`${path.sep}node_modules${path.sep}`)) return undefined;
  const folder = find(above(file, root), (one) => namesIn(one).some((name) => ESLINT.test(name)));
  return folder && find(above(path.join(folder, "file"), root), has("eslint")) && folder;
}

function prettierFolder(file, root) {
  return file.includes(`${path.sep}node_modules${path.sep}`) ? undefined : find(above(file, root), has("prettier"));
}

module.exports = { eslintFolder, prettierFolder };
