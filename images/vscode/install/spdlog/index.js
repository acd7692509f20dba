// Replaces VS Code's native logger, for which every installation would need a C++ compiler. Without
// any logger VS Code keeps every line in memory forever, and the Output panel shows these very
// files. VS Code asks for a flush after each line, so a synchronous append is what it would get
// anyway.
import * as fs from "node:fs";
import * as path from "node:path";

const LEVELS = ["trace", "debug", "info", "warning", "error", "critical"];
const METHODS = LEVELS.map((level) => (level === "warning" ? "warn" : level));
const OFF = LEVELS.length;

export const version = 0;

export function setLevel() {}

export function setFlushOn() {}

export async function createRotatingLogger(name, file, bytesMax, filesMax) {
  return new Logger("rotating", name, file, bytesMax, filesMax);
}

export const createAsyncRotatingLogger = createRotatingLogger;

export class Logger {
  #file;
  #bytesMax;
  #filesMax;
  #level = 2;
  #raw = false;
  #descriptor;
  #bytes = 0;

  constructor(_type, _name, file, bytesMax, filesMax) {
    this.#file = file;
    this.#bytesMax = bytesMax;
    this.#filesMax = filesMax;
    fs.mkdirSync(path.dirname(file), { recursive: true });
    this.#open();
  }

  getLevel() {
    return this.#level;
  }

  setLevel(level) {
    this.#level = level;
  }

  setPattern() {
    this.#raw = false;
  }

  clearFormatters() {
    this.#raw = true;
  }

  static {
    METHODS.forEach((name, level) => {
      this.prototype[name] = function (message) {
        this.#write(level, message);
      };
    });
  }

  flush() {}

  drop() {
    if (this.#descriptor !== undefined) fs.closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #open() {
    this.#descriptor = fs.openSync(this.#file, "a");
    this.#bytes = fs.fstatSync(this.#descriptor).size;
  }

  #write(level, message) {
    if (level < this.#level || this.#level >= OFF || this.#descriptor === undefined) return;
    const line = Buffer.from(this.#raw ? message : `${timestamp()} [${LEVELS[level]}] ${message}\n`);
    try {
      if (this.#bytes + line.length > this.#bytesMax) this.#rotate();
      fs.writeSync(this.#descriptor, line);
      this.#bytes += line.length;
    } catch {
      // A full disk must not end the editor for the sake of its log.
    }
  }

  #rotate() {
    this.drop();
    const { dir, name, ext } = path.parse(this.#file);
    const rotated = (index) => path.join(dir, index === 0 ? `${name}${ext}` : `${name}.${index}${ext}`);
    for (let index = this.#filesMax - 1; index > 0; index--) {
      if (fs.existsSync(rotated(index - 1))) fs.renameSync(rotated(index - 1), rotated(index));
    }
    if (this.#filesMax <= 1) fs.truncateSync(this.#file, 0);
    this.#open();
  }
}

function timestamp() {
  const now = new Date();
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000);
  return local.toISOString().replace("T", " ").slice(0, 23);
}
