#!/usr/bin/env node
// The launcher: each command lives in the app that it drives, and runs on the Node that is installed with Motif, whatever the
// machine's own. Plain, no dependencies.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { buildWhatIsMissing } from "./build.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const apps = {
  gpuNode: `${root}gpu-node/src/commands/main.ts`,
  controlPlane: `${root}control-plane/dist/commands/main.js`,
};
/** A control plane under load would let its garbage pile up; it needs little. What a client or a compute node needs, its inputs decide. */
const flags = JSON.parse(readFileSync(`${root}infra/node-flags.json`, "utf8"));
const commands = {
  demo: "everything on this machine with the bundled data set and models",
  up: "start a control plane: address, database, queue",
  node: "start a compute node",
  models: "add models, and show those that are there",
  datasets: "add data sets, and show those that are there",
  search: "search the pattern of each class of a model",
  jobs: "show jobs, and watch one",
  cancel: "end a job",
  pause: "let a job rest; its searches keep where they are",
  resume: "let a paused job go on",
  redrive: "try a job's failed shards again, once the cause is mended",
  export: "write what a job left, with its report, to a folder",
  nodes: "show the compute nodes",
  tokens: "make, show and revoke tokens for people and scripts",
  "join-tokens": "make a token that lets a node join",
  "audit-log": "show who changed what",
  train: "train classifiers: natural, with a backdoor, against an adversary",
  evaluate: "measure models: clean and robust accuracy, a known backdoor",
  audit: "say of models whether a backdoor is suspected in them",
  report: "draw the pages of results",
};
const [name, ...rest] = process.argv.slice(2);
// These run without a server, in a compute node's program; the others talk to a control plane, or are one.
const isOfGpuNode =
  ["node", "report"].includes(name) ||
  (["search", "demo", "train", "evaluate", "audit"].includes(name) &&
    ["--local", "--print-recipes"].some((flag) => rest.includes(flag)));
const isServer = ["up", "demo"].includes(name);

if (name === undefined || name === "--help" || name === "-h") {
  showCommands();
} else if (!Object.hasOwn(commands, name)) {
  console.error(
    `motif: there is no command ${name}. motif --help shows what there is.`,
  );
  process.exitCode = 2;
} else {
  run();
}

function showCommands() {
  const width = Math.max(...Object.keys(commands).map(({ length }) => length));
  const lines = Object.entries(commands).map(
    ([command, meaning]) => `  ${command.padEnd(width)}  ${meaning}`,
  );
  console.log(`Usage: motif COMMAND [OPTIONS]

Searches the one small pattern in pixel space that makes an image classifier predict each of its classes.

${lines.join("\n")}

search, train, evaluate, audit and demo also run without a server, with --local. motif COMMAND --help shows a command's options.`);
}

function run() {
  if (!existsSync(`${root}node_modules/.bin/node`)) return refuse();
  try {
    buildWhatIsMissing();
  } catch (error) {
    console.error(
      `motif: it could not be built (${error.message}). Run \`npm ci && npm run build\` in Motif's folder.`,
    );
    process.exitCode = 1;
    return;
  }
  const { MOTIF_STOP_WITH_INPUT: stopsWithInput, ...env } = process.env;
  const child = spawn(
    `${root}node_modules/.bin/node`,
    [
      ...(isOfGpuNode
        ? [apps.gpuNode]
        : [...(isServer ? flags.controlPlane : []), apps.controlPlane]),
      ...process.argv.slice(2),
    ],
    {
      stdio: [stopsWithInput ? "ignore" : "inherit", "inherit", "inherit"],
      env,
    },
  );
  if (stopsWithInput) stopWithInput(child);
  // Ctrl+C reaches the child by itself; a signal sent to the launcher alone is passed on.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  child.on("error", refuse);
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? (signal === "SIGINT" ? 130 : 1);
  });
}

/** Who started this one holds the other end of its input: it ends when they die, however they do. */
function stopWithInput(child) {
  const stop = () => child.kill("SIGTERM");
  process.stdin.on("end", stop).on("error", stop).resume();
  child.on("exit", () => process.stdin.destroy());
}

function refuse() {
  console.error(
    "motif: its Node is not installed yet. Run `npm ci` in Motif's folder and try again.",
  );
  process.exitCode = 1;
}
