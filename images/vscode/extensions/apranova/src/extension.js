// Observes and acts inside VS Code. It decides nothing: the agent keeps the facts, the manager
// decides.
"use strict";

const { reportActivity } = require("./activity");
const { AgentLink } = require("./agent-link");
const { startApp } = require("./app");
const { offerHelp } = require("./help");
const { showHomeUse } = require("./home-use");
const { showMemory } = require("./memory");
const { saveInTime } = require("./saving");
const { keepTabs } = require("./tabs");
const { showVisitors } = require("./visitors");
const { showWarnings } = require("./warning");

async function activate(context) {
  const socketPath = process.env.APRANOVA_EXTENSION_SOCKET;
  if (!socketPath) return undefined;
  const link = new AgentLink(socketPath);
  context.subscriptions.push(link);
  reportActivity(context, link);
  saveInTime(context, link);
  showWarnings(context, link);
  const memoryLimitBytes = showMemory(context, link);
  showHomeUse(context, link);
  showVisitors(context, link);
  offerHelp(context, link);
  link.connect();
  const tabs = keepTabs(context);
  startApp(context, tabs);
  await tabs;
  return { memoryLimitBytes };
}

function deactivate() {}

module.exports = { activate, deactivate };
