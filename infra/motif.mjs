#!/usr/bin/env node
// The launcher: Motif runs on the Node that is installed with it, whatever the machine's own. Plain, no dependencies.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const child = spawn(
  `${root}node_modules/.bin/node`,
  [`${root}gpu-node/src/commands/main.ts`, ...process.argv.slice(2)],
  { stdio: "inherit" },
);
// Ctrl+C reaches the child by itself; a signal sent to the launcher alone is passed on.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => child.kill("SIGTERM"));
child.on("error", () => {
  console.error(
    "motif: its Node is not installed yet. Run `npm ci` in Motif's folder and try again.",
  );
  process.exitCode = 1;
});
child.on("exit", (code, signal) => {
  process.exitCode = code ?? (signal === "SIGINT" ? 130 : 1);
});
