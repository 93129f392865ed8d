import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { credentials, status } from "@grpc/grpc-js";
import {
  ResultReply_Verdict,
  Revocation_Reason,
  type Lease,
} from "@motif/proto";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { referenceBackend } from "../engine/index.ts";
import { MotifError } from "../motif-error.ts";
import { newShardRunner, type ShardRunner } from "../shards/shard.ts";
import {
  noopShard,
  sha256,
  startTestControlPlane,
  type TestControlPlane,
} from "./check-control-plane.ts";
import { openComputeNode, type ComputeNode } from "./compute-node.ts";
import { parseControlPlanes } from "./control-plane-address.ts";
import type { NodeLog } from "./node-log.ts";

const nodeId = "8ad7b8ab-8ff4-4f14-a5e2-51a1b4ae2b1c";
let directory: string;
let controlPlane: TestControlPlane;
const running: { node: ComputeNode; ended: Promise<void> }[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "motif-node-"));
});
afterEach(async () => {
  for (const { node } of running) node.drain();
  await Promise.all(running.map(({ ended }) => ended.catch(() => undefined)));
  running.length = 0;
  await controlPlane.close();
  await rm(directory, { recursive: true, force: true });
});

const log: NodeLog = {
  line: () => undefined,
  progress: () => undefined,
  finish: () => undefined,
};

async function startNode(
  overrides: {
    slots?: number;
    runner?: ShardRunner;
    addresses?: string;
    now?: () => number;
    hangsAfterMs?: number;
  } = {},
) {
  const node = await openComputeNode({
    nodeId,
    name: "test",
    version: "0",
    dataDirectory: directory,
    controlPlanes: parseControlPlanes(
      overrides.addresses ?? controlPlane.address,
    ),
    credentials: credentials.createInsecure(),
    slots: overrides.slots ?? 2,
    backend: referenceBackend(),
    runner:
      overrides.runner ??
      newShardRunner({ openBackend: async () => referenceBackend() }),
    cacheBytes: 1e6,
    log,
    now: overrides.now ?? (() => performance.now()),
    hangsAfterMs: overrides.hangsAfterMs,
    wallClock: () => Date.now(),
    random: () => 0.5,
  });
  const started = { node, ended: node.run() };
  started.ended.catch(() => undefined);
  running.push(started);
  return started;
}

/** Shards that end when the test says so. */
function heldRunner() {
  const ends: {
    finish(): void;
    fail(error: unknown): void;
    signal: AbortSignal;
  }[] = [];
  const begun = new EventTarget();
  const runner: ShardRunner = {
    run: (_, { signal }) =>
      new Promise((resolve, reject) => {
        signal.addEventListener("abort", () =>
          reject(new Error(String(signal.reason))),
        );
        ends.push({
          finish: () => resolve({ kind: "noop" }),
          fail: reject,
          signal,
        });
        begun.dispatchEvent(new Event("begun"));
      }),
    close: async () => undefined,
  };
  const nth = async (index: number) => {
    const deadline = AbortSignal.timeout(20_000);
    while (ends.length <= index)
      await once(begun, "begun", { signal: deadline });
    return ends[index];
  };
  return { runner, nth };
}

const countOf = (kind: string) =>
  controlPlane.said.filter(({ $case }) => $case === kind).length;
const resultsSaid = () =>
  controlPlane.said.flatMap((body) =>
    body.$case === "results" ? body.value.results : [],
  );
const spooled = () => readdir(join(directory, "spool", "results"));

it("works through a queue without ever holding more leases than slots", async () => {
  controlPlane = await startTestControlPlane();
  controlPlane.enqueue(...Array.from({ length: 50 }, () => noopShard(1)));
  await startNode({ slots: 3 });
  await vi.waitFor(() => expect(resultsSaid()).toHaveLength(50), 10_000);
  expect(controlPlane.mostLeased()).toBe(3);
  const accepted = controlPlane.said.flatMap((body) =>
    body.$case === "accept" ? body.value.leaseIds : [],
  );
  expect(new Set(accepted).size).toBe(50);
  await vi.waitFor(async () => expect(await spooled()).toEqual([]));
});

it("hundreds of slots are announced, accepted and answered in few messages", async () => {
  controlPlane = await startTestControlPlane();
  controlPlane.enqueue(...Array.from({ length: 1000 }, () => noopShard(0)));
  await startNode({ slots: 250 });
  await vi.waitFor(() => expect(resultsSaid()).toHaveLength(1000), 10_000);
  expect(controlPlane.mostLeased()).toBeLessThanOrEqual(250);
  expect(countOf("results")).toBeLessThan(100);
  expect(countOf("accept")).toBeLessThan(100);
});

it("a result without a verdict stays on disk and is sent again on the next stream", async () => {
  controlPlane = await startTestControlPlane();
  controlPlane.setVerdict(() => null);
  controlPlane.enqueue(noopShard(0));
  await startNode();
  const { results } = await controlPlane.heard("results");
  expect(await spooled()).toHaveLength(1);
  controlPlane.setVerdict(() => ResultReply_Verdict.VERDICT_STORED);
  controlPlane.breakStreams();
  await vi.waitFor(async () => expect(await spooled()).toEqual([]), 10_000);
  expect(resultsSaid()).toEqual([...results, ...results]);
});

it("a restarted node sends what the process before it had finished", async () => {
  controlPlane = await startTestControlPlane();
  controlPlane.setVerdict(() => null);
  controlPlane.enqueue(noopShard(0));
  const first = await startNode();
  const { results } = await controlPlane.heard("results");
  await controlPlane.close();
  await vi.waitFor(() => expect(first.node.counts().isConnected).toBe(false));
  first.node.drain();
  await first.ended;
  controlPlane = await startTestControlPlane();
  await startNode();
  expect(await controlPlane.heard("results")).toEqual({ results });
  await vi.waitFor(async () => expect(await spooled()).toEqual([]));
});

it.each([
  ["stale", ResultReply_Verdict.VERDICT_STALE],
  ["stored, said twice", ResultReply_Verdict.VERDICT_STORED],
])("a result that is %s is removed", async (_, verdict) => {
  controlPlane = await startTestControlPlane();
  controlPlane.setVerdict(() => verdict);
  controlPlane.enqueue(noopShard(0));
  await startNode();
  const { results } = await controlPlane.heard("results");
  const { leaseId } = results[0];
  const replies = [{ leaseId, verdict, reason: "" }];
  controlPlane.send({ $case: "resultReplies", value: { replies } });
  controlPlane.enqueue(noopShard(0));
  await vi.waitFor(() => expect(resultsSaid()).toHaveLength(2));
  await vi.waitFor(async () => expect(await spooled()).toEqual([]));
});

it("an incomplete result is sent again until it is stored", async () => {
  controlPlane = await startTestControlPlane();
  const verdicts = [
    ResultReply_Verdict.VERDICT_INCOMPLETE,
    ResultReply_Verdict.VERDICT_STORED,
  ];
  controlPlane.setVerdict(() => verdicts.shift() ?? null);
  controlPlane.enqueue(noopShard(0));
  await startNode();
  await vi.waitFor(() => expect(resultsSaid()).toHaveLength(2), 5_000);
  await vi.waitFor(async () => expect(await spooled()).toEqual([]));
});

it("a broken stream leaves the work alone, and the next one hears of it", async () => {
  controlPlane = await startTestControlPlane();
  const { runner, nth } = heldRunner();
  controlPlane.enqueue(noopShard(0));
  await startNode({ runner });
  const shard = await nth(0);
  const { leaseIds } = await controlPlane.heard("accept");
  controlPlane.breakStreams();
  await vi.waitFor(() => expect(controlPlane.hellos).toHaveLength(2), 10_000);
  expect(controlPlane.hellos[1].heldLeaseIds).toEqual(leaseIds);
  expect(controlPlane.hellos[1].instanceId).toBe(
    controlPlane.hellos[0].instanceId,
  );
  shard.finish();
  const { results } = await controlPlane.heard("results");
  expect(results[0].leaseId).toBe(leaseIds[0]);
});

it("stops all work when no heartbeat is answered in time, and sends nothing of it", async () => {
  controlPlane = await startTestControlPlane({ fenceAfterMs: 300 });
  const { runner, nth } = heldRunner();
  controlPlane.enqueue(noopShard(0), noopShard(0));
  await startNode({ runner });
  const shards = [await nth(0), await nth(1)];
  controlPlane.setAnswering(false);
  await vi.waitFor(
    () =>
      expect(shards.map(({ signal }) => signal.reason as string)).toEqual([
        "stop",
        "stop",
      ]),
    5_000,
  );
  controlPlane.setAnswering(true);
  await vi.waitFor(() => expect(controlPlane.hellos.length).toBeGreaterThan(1));
  expect(controlPlane.hellos[1].heldLeaseIds).toEqual([]);
  controlPlane.enqueue(noopShard(0));
  (await nth(2)).finish();
  await controlPlane.heard("results");
  expect(resultsSaid()).toHaveLength(1);
  expect(countOf("yield") + countOf("failure")).toBe(0);
});

it("a process that was frozen past its lease drops what it had finished", async () => {
  controlPlane = await startTestControlPlane({
    heartbeatIntervalMs: 60_000,
    fenceAfterMs: 10_000,
  });
  const { runner, nth } = heldRunner();
  let frozenMs = 0;
  controlPlane.enqueue(noopShard(0));
  await startNode({ runner, now: () => performance.now() + frozenMs });
  const shard = await nth(0);
  // No timer has had its turn when the work ends.
  frozenMs = 20_000;
  shard.finish();
  await vi.waitFor(() => expect(controlPlane.hellos).toHaveLength(2), 10_000);
  expect(controlPlane.hellos[1].heldLeaseIds).toEqual([]);
  expect(await spooled()).toEqual([]);
  expect(countOf("results")).toBe(0);
});

it("cancelled leases stop without a word, paused ones yield", async () => {
  controlPlane = await startTestControlPlane();
  const { runner, nth } = heldRunner();
  controlPlane.enqueue(noopShard(0), noopShard(0));
  await startNode({ runner });
  const [first, second] = [await nth(0), await nth(1)];
  const { leaseIds } = await controlPlane.heard("accept");
  controlPlane.send({
    $case: "revocation",
    value: {
      leaseIds: [leaseIds[0]],
      reason: Revocation_Reason.REASON_CANCELLED,
    },
  });
  controlPlane.send({
    $case: "revocation",
    value: { leaseIds: [leaseIds[1]], reason: Revocation_Reason.REASON_PAUSED },
  });
  const { leaseId } = await controlPlane.heard("yield");
  expect(leaseId).toBe(leaseIds[1]);
  expect([first.signal.reason, second.signal.reason]).toEqual([
    "stop",
    "yield",
  ]);
  expect(countOf("failure") + countOf("yield")).toBe(1);
});

it("drains: no further leases, what runs yields, what is finished is sent", async () => {
  controlPlane = await startTestControlPlane();
  const { runner, nth } = heldRunner();
  controlPlane.enqueue(noopShard(0));
  const { node, ended } = await startNode({ runner, slots: 1 });
  await nth(0);
  node.drain();
  controlPlane.enqueue(noopShard(0));
  await ended;
  const order = controlPlane.said
    .map(({ $case }) => $case)
    .filter((name) => name === "draining" || name === "yield");
  expect(order).toEqual(["draining", "yield"]);
  expect(countOf("accept")).toBe(1);
});

it("drained by the control plane it finishes what runs and takes nothing new, until it is told to", async () => {
  controlPlane = await startTestControlPlane();
  const { runner, nth } = heldRunner();
  controlPlane.enqueue(noopShard(0));
  await startNode({ runner, slots: 2 });
  const first = await nth(0);
  const beats = async (more: number) => {
    const enough = countOf("heartbeat") + more;
    await vi.waitFor(() =>
      expect(countOf("heartbeat")).toBeGreaterThanOrEqual(enough),
    );
  };
  const drain = (isDraining: boolean) =>
    controlPlane.send({ $case: "drain", value: { isDraining } });
  drain(true);
  drain(true);
  await beats(2);
  const credits = countOf("credit");
  first.finish();
  await vi.waitFor(() => expect(resultsSaid()).toHaveLength(1));
  await beats(2);
  expect(first.signal.aborted).toBe(false);
  expect(countOf("credit")).toBe(credits);
  // By the credit from before; a good control plane would not.
  controlPlane.enqueue(noopShard(0));
  await controlPlane.heard("yield");
  expect(countOf("accept")).toBe(1);

  drain(false);
  await vi.waitFor(() => expect(countOf("credit")).toBe(credits + 1));
  controlPlane.enqueue(noopShard(0));
  (await nth(1)).finish();
  await vi.waitFor(() => expect(resultsSaid()).toHaveLength(2));

  // What holds is said anew on each stream.
  drain(true);
  await beats(2);
  controlPlane.breakStreams();
  await vi.waitFor(() => expect(controlPlane.hellos).toHaveLength(2), 10_000);
  controlPlane.enqueue(noopShard(0));
  (await nth(2)).finish();
  await vi.waitFor(() => expect(resultsSaid()).toHaveLength(3));
});

it("an epoch that has ended is told at once, and again until that is answered", async () => {
  controlPlane = await startTestControlPlane({ heartbeatIntervalMs: 60_000 });
  const epoch = {
    epoch: 1,
    loss: 1.5,
    accuracy: 0.25,
    images: 64,
    learningRate: 0.05,
    imagesPerSecond: 320,
  };
  const second = { ...epoch, epoch: 2, loss: 0.5 };
  let trainOn = () => {};
  const runner: ShardRunner = {
    run: (_, context) => {
      context.onEpoch?.(epoch);
      context.onProgress(0.1, { ...second, epochs: 2, secondsLeft: 3 });
      trainOn = () => context.onEpoch?.(second);
      return new Promise((_resolve, reject) =>
        context.signal.addEventListener("abort", () =>
          reject(new Error("stopped")),
        ),
      );
    },
    close: async () => undefined,
  };
  controlPlane.setAnswering(false);
  controlPlane.enqueue(noopShard(0));
  await startNode({ runner, slots: 1 });
  const told = () =>
    controlPlane.said.flatMap((body) =>
      body.$case === "heartbeat"
        ? body.value.leases.map(({ training }) => training)
        : [],
    );
  await vi.waitFor(() => expect(told()).toHaveLength(1), 5_000);
  const standing = { soFar: second, epochs: 2, secondsLeft: 3 };
  expect(told()[0]).toEqual({ epochs: [epoch], standing });
  controlPlane.setAnswering(true);
  trainOn();
  await vi.waitFor(() => expect(told()).toHaveLength(2), 5_000);
  expect(told()[1]?.epochs).toEqual([epoch, second]);
  // Answered, and nothing new.
  trainOn();
  await vi.waitFor(() => expect(told()).toHaveLength(3), 5_000);
  expect(told()[2]?.epochs).toEqual([second]);
});

it("says how much memory there is, and how much is used", async () => {
  controlPlane = await startTestControlPlane();
  await startNode();
  const { memoryUsedBytes } = await controlPlane.heard("heartbeat");
  const { memoryBytes } = controlPlane.hellos[0];
  expect(memoryBytes).toBeGreaterThan(2 ** 28);
  expect(memoryUsedBytes).toBeGreaterThan(process.memoryUsage().rss / 2);
  expect(memoryUsedBytes).toBeLessThanOrEqual(memoryBytes);
});

it.each([
  ["a model that cannot be used", new MotifError("model", "bad model"), 1],
  ["a backend that fails", new MotifError("backend", "no device"), 2],
  ["an error of Motif's own", new TypeError("oops"), 2],
])("%s ends its lease and not the node", async (_, error, fault) => {
  controlPlane = await startTestControlPlane();
  const { runner, nth } = heldRunner();
  controlPlane.enqueue(noopShard(0));
  await startNode({ runner, slots: 1 });
  (await nth(0)).fail(error);
  const failure = await controlPlane.heard("failure");
  expect(failure.fault).toBe(fault);
  expect(failure.message).toContain(error.message);
  controlPlane.enqueue(noopShard(0));
  (await nth(1)).finish();
  await controlPlane.heard("results");
});

it("a failure without a stream is told on the next one", async () => {
  controlPlane = await startTestControlPlane();
  const { runner, nth } = heldRunner();
  controlPlane.enqueue(noopShard(0));
  const { node } = await startNode({ runner });
  const shard = await nth(0);
  controlPlane.breakStreams();
  await vi.waitFor(() => expect(node.counts().isConnected).toBe(false));
  shard.fail(new MotifError("model", "bad model"));
  const failure = await controlPlane.heard("failure");
  expect(failure.message).toBe("bad model");
});

it("a shard that hangs while its node is alive is given back, and its slot stays taken", async () => {
  controlPlane = await startTestControlPlane();
  let end = () => {};
  const runner: ShardRunner = {
    // A kernel that hangs hears no signal either.
    run: (_, context) => {
      context.onProgress(0.5);
      return new Promise((resolve) => {
        end = () => resolve({ kind: "noop" });
      });
    },
    close: async () => undefined,
  };
  controlPlane.enqueue(noopShard(0), noopShard(0));
  const { node } = await startNode({ runner, slots: 1, hangsAfterMs: 300 });
  const failure = await controlPlane.heard("failure");
  expect(failure.message).toMatch(/come no further .* its backend hangs/);
  const heartbeats = countOf("heartbeat");
  await vi.waitFor(() =>
    expect(countOf("heartbeat")).toBeGreaterThan(heartbeats + 3),
  );
  expect(countOf("accept")).toBe(1);
  expect(resultsSaid()).toEqual([]);
  end();
  // What comes of it in the end counts for nothing; the node goes on with what waits.
  await vi.waitFor(() => expect(countOf("accept")).toBe(2));
  expect(resultsSaid()).toEqual([]);
  expect(node.counts().running).toBe(1);
  end();
});

/** Leaves a mask of `bytes` bytes, as a search does; told to stop, a checkpoint. */
function fileRunner(bytes: number) {
  const begun: { checkpoint: string | undefined }[] = [];
  const runner: ShardRunner = {
    async run(_, context) {
      const { workDirectory, signal, checkpointPath } = context;
      begun.push({
        checkpoint: checkpointPath && (await readFile(checkpointPath, "utf8")),
      });
      if (begun.length === 1 && bytes === 0) {
        if (!signal.aborted) await once(signal, "abort");
        const path = join(workDirectory, "checkpoint");
        await writeFile(path, "half way");
        await context.onCheckpoint(path);
        throw signal.reason;
      }
      const mask = join(workDirectory, "mask.npy");
      await writeFile(mask, Buffer.alloc(bytes, 7));
      const [canvas, pattern, heatmap] = [mask, mask, mask];
      return {
        kind: "search",
        patterns: [
          {
            identity: { targetClass: 0, canvasIndex: 0, seed: 0 },
            ...{ steps: 1, imageGradients: 1, maskL1: 1, wallMs: 1 },
            ...{ mask, canvas, pattern, heatmap },
            ...{ topPixels: [], predictivePower: [], sourceToTarget: [] },
            kStar: null,
            trace: { steps: [1], loss: [1], maskL1: [1] },
          },
        ],
        backend: { name: "reference", provider: "typescript", threads: 1 },
        ...{ compileMs: 0, searchMs: 0, evaluateMs: 0 },
      };
    },
    close: async () => undefined,
  };
  return { runner, begun };
}
const inspection = (checkpointSha256 = ""): Partial<Lease> => ({
  checkpointSha256,
  spec: {
    kind: {
      $case: "inspectDataset",
      value: {
        dataset: {
          ...{ name: "here", split: "", digest: "", files: [] },
          path: directory,
        },
      },
    },
  },
});

it("uploads a result's files before the result, and goes on where an upload broke", async () => {
  controlPlane = await startTestControlPlane();
  controlPlane.breakTransfersAfter(300_000, 1);
  controlPlane.enqueue(inspection());
  let hadArtifact = false;
  const mask = Buffer.alloc(700_000, 7);
  controlPlane.setVerdict(() => {
    hadArtifact =
      controlPlane.artifacts.get(sha256(mask))?.equals(mask) ?? false;
    return ResultReply_Verdict.VERDICT_STORED;
  });
  await startNode({ runner: fileRunner(mask.length).runner });
  await controlPlane.heard("results");
  expect(hadArtifact).toBe(true);
  expect(controlPlane.offsets).toEqual([0, expect.any(Number)]);
  expect(controlPlane.offsets[1]).toBeGreaterThanOrEqual(300_000);
  await vi.waitFor(async () => {
    expect(await spooled()).toEqual([]);
    expect(await readdir(join(directory, "spool", "artifacts"))).toEqual([]);
    expect(await readdir(join(directory, "work"))).toEqual([]);
  });
});

it("an incomplete result's files are uploaded again", async () => {
  controlPlane = await startTestControlPlane();
  const mask = Buffer.alloc(1_000, 7);
  const { VERDICT_INCOMPLETE, VERDICT_STORED } = ResultReply_Verdict;
  controlPlane.setVerdict(() => {
    if (controlPlane.offsets.length > 1) return VERDICT_STORED;
    controlPlane.artifacts.delete(sha256(mask));
    return VERDICT_INCOMPLETE;
  });
  controlPlane.enqueue(inspection());
  await startNode({ runner: fileRunner(mask.length).runner });
  await vi.waitFor(() => expect(resultsSaid()).toHaveLength(2), 10_000);
  expect(controlPlane.artifacts.get(sha256(mask))?.equals(mask)).toBe(true);
});

it("a paused shard's checkpoint is at the control plane before the yield, and the next attempt gets it", async () => {
  controlPlane = await startTestControlPlane();
  const { runner, begun } = fileRunner(0);
  controlPlane.enqueue(inspection());
  await startNode({ runner });
  const { leaseIds } = await controlPlane.heard("accept");
  controlPlane.send({
    $case: "revocation",
    value: { leaseIds, reason: Revocation_Reason.REASON_PAUSED },
  });
  const { checkpointSha256 } = await controlPlane.heard("yield");
  expect(controlPlane.artifacts.get(checkpointSha256)?.toString()).toBe(
    "half way",
  );
  controlPlane.enqueue(inspection(checkpointSha256));
  await vi.waitFor(() =>
    expect(begun.map(({ checkpoint }) => checkpoint)).toEqual([
      undefined,
      "half way",
    ]),
  );
});

it("a disk that takes no result fails the lease and asks for no more", async () => {
  controlPlane = await startTestControlPlane();
  const { runner, nth } = heldRunner();
  controlPlane.enqueue(noopShard(0));
  await startNode({ runner, slots: 1 });
  const shard = await nth(0);
  const folder = join(directory, "spool", "results");
  await rm(folder, { recursive: true });
  await writeFile(folder, "in the way");
  shard.finish();
  const failure = await controlPlane.heard("failure");
  expect(failure.message).toMatch(/spool.*cannot be written.*Free some space/);
  const credits = countOf("credit");
  const beats = countOf("heartbeat");
  await vi.waitFor(() =>
    expect(countOf("heartbeat")).toBeGreaterThan(beats + 2),
  );
  expect(countOf("credit")).toBe(credits);
});

it.each([
  [status.UNAUTHENTICATED, "the credential is revoked."],
  [status.FAILED_PRECONDITION, "protocol 2 is spoken here."],
])("status %s ends the node with what was said", async (code, details) => {
  controlPlane = await startTestControlPlane();
  controlPlane.refuse(code, details);
  const { ended } = await startNode();
  await expect(ended).rejects.toMatchObject({
    code: "cluster",
    message: expect.stringContaining(
      `${controlPlane.address}: ${details}`,
    ) as string,
  });
});

it("tries the next control plane of the list", async () => {
  const gone = await startTestControlPlane();
  await gone.close();
  controlPlane = await startTestControlPlane();
  controlPlane.enqueue(noopShard(0));
  await startNode({ addresses: `${gone.address},${controlPlane.address}` });
  await controlPlane.heard("results");
});
