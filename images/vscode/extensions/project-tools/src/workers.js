// One process for each project whose tools are in use: ESLint takes a second to load and 100 MB, so it
// stays for the next question, and ends a minute after the last.
"use strict";

const { fork } = require("node:child_process");
const path = require("node:path");

const WORKERS_MAX = 2;
const UNUSED_MAX_MS = 60_000;
const ANSWER_MAX_MS = 30_000;
const HEAP_MB_MAX = 256;
const NOT_FOR_PROGRAMS = /^(VSCODE_|ELECTRON_|MALLOC_|APRANOVA_EXT|NODE_OPTIONS$)/;

const workers = new Map(); // by folder; the one used last is the last

class Worker {
  constructor(folder) {
    this.folder = folder;
    this.questions = new Map();
    this.number = 0;
    this.said = "";
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !NOT_FOR_PROGRAMS.test(name)));
    const options = { cwd: folder, env, execArgv: [`--max-old-space-size=${HEAP_MB_MAX}`], stdio: ["ignore", "ignore", "pipe", "ipc"] };
    this.process = fork(path.join(__dirname, "of_project.js"), [folder], options);
    this.process.stderr.on("data", (data) => (this.said = (this.said + data).slice(-2000)));
    this.process.on("message", ({ number, problem, ...answer }) => this.settle(number, problem, answer));
    this.process.on("error", ({ message }) => this.end(message));
    this.process.on("exit", () => this.end(this.said || "its process ended"));
  }

  ask(question) {
    const number = ++this.number;
    clearTimeout(this.unused);
    return new Promise((done, fail) => {
      const late = setTimeout(() => this.end(`no answer within ${ANSWER_MAX_MS / 1000} s`), ANSWER_MAX_MS);
      this.questions.set(number, { done, fail, late });
      this.process.send({ number, ...question }, (problem) => problem && this.end(problem.message));
    });
  }

  settle(number, problem, answer) {
    const { done, fail, late } = this.questions.get(number) ?? {};
    clearTimeout(late);
    if (!this.questions.delete(number)) return;
    if (problem === undefined) done(answer);
    else fail(Object.assign(new Error(problem), { isEnded: this.isEnded }));
    if (this.questions.size) return;
    if (workers.size > WORKERS_MAX) this.end("other projects are in use", true);
    else this.unused = setTimeout(() => this.end("unused", true), UNUSED_MAX_MS);
  }

  // `isEnded`: by us, so whoever asked asks again.
  end(why, isEnded = false) {
    this.isEnded = isEnded;
    if (workers.get(this.folder) === this) workers.delete(this.folder);
    for (const number of [...this.questions.keys()]) this.settle(number, why);
    clearTimeout(this.unused);
    this.process.kill("SIGKILL");
  }
}

function ask(folder, question) {
  const worker = workers.get(folder) ?? new Worker(folder);
  workers.delete(folder);
  workers.set(folder, worker);
  const answer = worker.ask(question);
  // One that is at work goes on: ended, it would be asked again, and end the next one.
  const idle = [...workers.values()].find(({ questions }) => !questions.size);
  if (workers.size > WORKERS_MAX) idle?.end("another project is in use", true);
  return answer;
}

function endAll() {
  for (const worker of [...workers.values()]) worker.end("the project's settings have changed", true);
}

module.exports = { ask, endAll };
