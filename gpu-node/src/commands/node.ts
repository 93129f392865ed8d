/** `motif node`: a compute node on this machine. Exit status 0 once it has drained, 1 when no control plane takes it. */
import { hostname } from "node:os";
import { join } from "node:path";
import { Option, type Command } from "commander";
import {
  openComputeNode,
  type ComputeNode,
  type NodeCounts,
} from "../cluster/compute-node.ts";
import { parseControlPlanes } from "../cluster/control-plane-address.ts";
import { newElapsedTime } from "../cluster/elapsed-time.ts";
import { openNodeCredentials } from "../cluster/node-credentials.ts";
import { takeNodeIdentity } from "../cluster/node-identity.ts";
import {
  logLevels,
  newNodeLog,
  type LogLevel,
  type NodeLog,
} from "../cluster/node-log.ts";
import { newShardRunner } from "../shards/shard.ts";
import { backendHelp, openBackend } from "./open-backend.ts";
import { wholeNumber } from "./options.ts";

/** Of the software, told to control planes. */
const version = "0.1.0";
const progressEveryMs = 500;
/** Two of a kind that come at once are one: to the process group, and passed on by the launcher. */
const sameSignalMs = 300;
const stoppedStatus = 130;

interface NodeOptions {
  readonly controlPlane: string;
  readonly slots: number;
  readonly threads?: number;
  readonly backend: string;
  readonly dataDir: string;
  readonly name: string;
  readonly joinToken?: string;
  readonly cacheBytes: number;
  readonly logLevel: LogLevel;
  readonly json?: boolean;
}

export function addNodeCommand(program: Command): void {
  program
    .command("node")
    .description("work for a control plane as a compute node")
    .requiredOption(
      "--control-plane <host:port>",
      "where to dial; several with commas between them",
    )
    .option("--slots <n>", "shards at once", wholeNumber(1), 1)
    .option(
      "--threads <n>",
      "CPU threads (default: the machine's cores)",
      wholeNumber(1),
    )
    .option("--backend <name>", backendHelp, "auto")
    .option(
      "--data-dir <folder>",
      "the node's id, credential, cache and results that wait to be sent; one process each",
      "motif-node",
    )
    .option("--name <name>", "what people see", hostname())
    .addOption(
      new Option(
        "--join-token <token>",
        "from the control plane, once, where it is another machine",
      ).env("MOTIF_JOIN_TOKEN"),
    )
    .option(
      "--cache-bytes <n>",
      "most bytes of models and data sets that are kept",
      wholeNumber(1),
      20 * 1024 ** 3,
    )
    .addOption(
      new Option("--log-level <level>", "the least that is told")
        .choices(logLevels)
        .default("info"),
    )
    .option("--json", "JSON lines, on a terminal too")
    .action(runNode);
}

async function runNode(options: NodeOptions): Promise<void> {
  const log = newNodeLog(process.stderr, {
    isJson: options.json === true || !process.stderr.isTTY,
    least: options.logLevel,
    now: () => Date.now(),
  });
  const controlPlanes = parseControlPlanes(options.controlPlane);
  const identity = await takeNodeIdentity(options.dataDir);
  try {
    const { nodeId } = identity;
    const credentials = await openNodeCredentials({
      dataDirectory: options.dataDir,
      controlPlanes,
      joinToken: options.joinToken,
      nodeId,
      name: options.name,
    });
    const open = (name: string) =>
      openBackend(name, {
        threads: options.threads,
        onTrials: (message) => log.line("info", "backend", { message }),
      });
    const backend = await open(options.backend);
    const runner = newShardRunner({
      cacheDirectory: join(options.dataDir, "decoded"),
      openBackend: open,
    });
    try {
      const node = await openComputeNode({
        nodeId,
        name: options.name,
        version,
        dataDirectory: options.dataDir,
        controlPlanes,
        credentials,
        slots: options.slots,
        backend,
        runner,
        cacheBytes: options.cacheBytes,
        isSendingTwice: process.env.MOTIF_SEND_RESULTS_TWICE === "1",
        isUnfenced: process.env.MOTIF_IGNORE_FENCE === "1",
        log,
        now: newElapsedTime(
          () => performance.now(),
          () => Date.now(),
        ),
        wallClock: () => Date.now(),
        random: () => Math.random(),
      });
      log.line("info", "node-started", {
        node: nodeId,
        name: options.name,
        slots: options.slots,
        backend: `${backend.name}:${backend.provider}`,
        threads: backend.threads,
      });
      await runUntilDrained(node, log);
      log.line("info", "node-left", { node: nodeId });
    } finally {
      await runner.close();
    }
  } finally {
    log.finish();
    await identity.release();
    // A kernel that does not stop must not keep the process.
    setTimeout(() => process.exit(), 300).unref();
  }
}

async function runUntilDrained(node: ComputeNode, log: NodeLog): Promise<void> {
  let signalledAt = -Infinity;
  const interrupt = () => {
    const at = performance.now();
    if (at - signalledAt < sameSignalMs) return;
    if (signalledAt > -Infinity) process.exit(stoppedStatus);
    signalledAt = at;
    node.drain();
  };
  const survive = (error: unknown) => {
    log.line("error", "uncaught", {
      message: error instanceof Error ? error.stack : String(error),
    });
    node.failAll(error);
  };
  const painting = setInterval(
    () => log.progress(describeCounts(node.counts())),
    progressEveryMs,
  );
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  process.on("uncaughtException", survive);
  process.on("unhandledRejection", survive);
  try {
    await node.run();
  } finally {
    clearInterval(painting);
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", interrupt);
    process.off("uncaughtException", survive);
    process.off("unhandledRejection", survive);
  }
}

function describeCounts(counts: NodeCounts): string {
  const { running, slots, meanDone, finished, failed } = counts;
  const parts = [
    counts.isConnected ? "connected" : "dialling",
    `${running} of ${slots} ${slots === 1 ? "slot" : "slots"} busy`,
  ];
  if (running > 0) parts.push(`${Math.round(100 * meanDone)}% through`);
  parts.push(`${finished} done`);
  if (failed > 0) parts.push(`${failed} failed`);
  if (counts.unacknowledged > 0)
    parts.push(`${counts.unacknowledged} to be acknowledged`);
  return parts.join(" · ");
}
