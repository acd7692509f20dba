// Whether a file belongs to a project that has Tailwind: its package.json, or one above, names it.
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const BYTES_MAX = 1024 * 1024; // a larger one was written by no person

function usesTailwind(file, root) {
  if (!root || !file.startsWith(root + path.sep) || file.includes(`${path.sep}node_modules${path.sep}`)) return false;
  for (let folder = path.dirname(file); folder.length >= root.length; folder = path.dirname(folder)) {
    if (namesTailwind(path.join(folder, "package.json"))) return true;
  }
  return false;
}

function namesTailwind(manifest) {
  try {
    const found = fs.statSync(manifest);
    if (!found.isFile() || found.size > BYTES_MAX) return false; // a pipe or /dev/zero would never end
    const { dependencies, devDependencies } = JSON.parse(fs.readFileSync(manifest, "utf8"));
    return Object.keys({ ...dependencies, ...devDependencies }).some((name) => name === "tailwindcss" || name.startsWith("@tailwindcss/"));
  } catch {
    return false; // none, or damaged
  }
}

module.exports = { usesTailwind };
