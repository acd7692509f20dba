// JSON lines over the agent's Unix socket. The agent may start later than we do, so the link
// retries forever, at most once every few seconds. It drops a message that it cannot send: each is
// about now.
"use strict";

const net = require("node:net");

const RECONNECT_MS = 3_000;
const LINE_BYTES_MAX = 64 * 1024;

class AgentLink {
  #path;
  #socket;
  #timer;
  #closed = false;
  #listeners = new Map();
  #greetings = [];

  constructor(path) {
    this.#path = path;
  }

  /** Called with each message of this type that the agent sends. */
  on(type, listener) {
    this.#listeners.set(type, listener);
  }

  /** Called whenever the link is up, also after an interruption: tell the agent what it cannot know. */
  onConnected(greeting) {
    this.#greetings.push(greeting);
  }

  connect() {
    if (this.#closed) return;
    let received = "";
    const socket = net.connect(this.#path);
    socket.setEncoding("utf8");
    socket.on("connect", () => {
      this.#socket = socket;
      this.send({ type: "hello", version: 1 });
      for (const greeting of this.#greetings) greeting();
    });
    socket.on("data", (text) => {
      received += text;
      const lines = received.split("\n");
      received = lines.pop();
      if (received.length > LINE_BYTES_MAX) socket.destroy();
      for (const line of lines) this.#receive(line);
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#socket = undefined;
      if (!this.#closed) this.#timer = setTimeout(() => this.connect(), RECONNECT_MS);
    });
  }

  send(message) {
    this.#socket?.write(`${JSON.stringify(message)}\n`);
  }

  dispose() {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#socket?.destroy();
  }

  #receive(line) {
    try {
      const message = JSON.parse(line);
      this.#listeners.get(message.type)?.(message);
    } catch (problem) {
      console.error("apranova: a message of the agent was not understood", problem);
    }
  }
}

module.exports = { AgentLink };
