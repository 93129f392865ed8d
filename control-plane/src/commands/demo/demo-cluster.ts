/** The demo's cluster: a control plane and two compute nodes on this machine, each a process of its own. */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ControlPlaneError } from "../../control-plane-error.ts";
import { newApiClient, type ApiClient } from "../api-client.ts";
import { startDemoProcess, type DemoProcess } from "./demo-process.ts";
import { findFreePort } from "./free-port.ts";

/** How long the control plane may take to answer; milliseconds. A first start makes its database. */
const readyWithinMs = 60_000;
const defaultPort = 3000;
const defaultGrpcPort = 3001;
const nodeCount = 2;

export interface DemoClusterOptions {
  /** Of logs, and of the nodes' folders. */
  readonly folder: string;
  readonly dataDirectory: string;
  readonly port?: number | undefined;
  readonly backend?: string | undefined;
  /** CPU threads of both nodes together. */
  readonly threads?: number | undefined;
  readonly signal: AbortSignal;
  /** Milliseconds, for durations only. */
  readonly now: () => number;
  readonly say: (line: string) => void;
}

export interface DemoCluster {
  readonly client: ApiClient;
  /** Rejects when one of the processes ends without having been asked to. */
  readonly died: Promise<never>;
  /** Nodes first: what they have done is acknowledged before the control plane goes. */
  stop(): Promise<void>;
}

/** @throws ControlPlaneError "unavailable" with the end of its log when a process does not come up; the signal's reason */
export async function startDemoCluster(
  options: DemoClusterOptions,
): Promise<DemoCluster> {
  const { folder, signal, now, say } = options;
  const wanted = options.port ?? defaultPort;
  const port = await findFreePort(wanted);
  if (port !== wanted)
    say(`Port ${wanted} is taken: the demo takes ${port} instead.`);
  const grpcPort = await findFreePort(
    port === defaultPort ? defaultGrpcPort : 0,
  );
  const logs = join(folder, "logs");
  const nodes: DemoProcess[] = [];
  const controlPlane = await startDemoProcess(
    "The control plane",
    [
      ...["up", "--data-dir", options.dataDirectory],
      ...["--port", String(port), "--grpc-port", String(grpcPort)],
    ],
    join(logs, "control-plane.log"),
  );
  const stop = async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    await controlPlane.stop();
  };
  try {
    const client = newApiClient({ url: `http://127.0.0.1:${port}`, signal });
    await Promise.race([
      untilReady(client, signal, now, join(logs, "control-plane.log")),
      controlPlane.died,
    ]);
    const threads = Math.max(
      1,
      Math.floor((options.threads ?? availableParallelism()) / nodeCount),
    );
    for (let number = 1; number <= nodeCount; number++) {
      const name = `demo-node-${number}`;
      const node = await startDemoProcess(
        `Node ${number}`,
        [
          ...["node", "--control-plane", `127.0.0.1:${grpcPort}`],
          ...["--name", name, "--data-dir", join(folder, name)],
          ...["--threads", String(threads), "--slots", "1"],
          ...(options.backend === undefined
            ? []
            : ["--backend", options.backend]),
        ],
        join(logs, `${name}.log`),
      );
      nodes.push(node);
    }
    const died = Promise.race(
      [controlPlane, ...nodes].map((process) => process.died),
    );
    died.catch(() => {});
    return { client, died, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function untilReady(
  client: ApiClient,
  signal: AbortSignal,
  now: () => number,
  logPath: string,
): Promise<void> {
  const began = now();
  for (;;) {
    try {
      const ready = await client.fetch("/api/health/ready");
      await ready.arrayBuffer();
      return;
    } catch (error) {
      if (signal.aborted || now() - began > readyWithinMs)
        throw signal.aborted
          ? error
          : new ControlPlaneError(
              "unavailable",
              `the control plane is not ready after ${readyWithinMs / 1000} s. ${logPath} says what it is doing.`,
              { cause: error },
            );
    }
    await sleep(200, undefined, { signal });
  }
}
