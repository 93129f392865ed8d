/** Rounds of a training as shards, one after another in this process, as a cluster would give them out. */
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { writeColumnDataset } from "../training/check-dataset.ts";
import type { SpreadSettings } from "../training/local-sgd.ts";
import { newShardBench, watched, type ShardBench } from "./check-shards.ts";
import type {
  RoundWork,
  ShardContext,
  TrainOutcome,
  TrainRoundOutcome,
  TrainWork,
} from "./shard.ts";

let bench: ShardBench;
let folder: string;
beforeAll(async () => {
  bench = await newShardBench();
  // Apart from the bench's own data set.
  folder = join(bench.folder, "training");
  await mkdir(folder);
  await writeColumnDataset(folder, "train", 240, 1);
  await writeColumnDataset(folder, "t10k", 90, 2);
});

const plain: SpreadSettings = {
  workers: 2,
  rounds: 3,
  outer: { momentum: 0, learningRate: 1 },
};
const work = (
  round: RoundWork | null,
  spread: SpreadSettings | null = plain,
): TrainWork => ({
  kind: "train",
  dataset: { path: folder, name: "columns", split: "train", digest: null },
  testSplit: "test",
  name: "spread",
  command: "",
  backend: "auto",
  start: null,
  round,
  recipe: {
    architecture: "small-cnn",
    settings: {
      optimizer: { name: "sgd", momentum: 0.9, weightDecay: 5e-4 },
      epochs: 8,
      batchSize: 16,
      learningRate: 0.05,
      schedule: "one-cycle",
      seed: 0,
    },
    adversary: null,
    augmentation: { hasFlip: false, shift: 0 },
    labelSmoothing: 0,
    poison: null,
    spread,
  },
});

let kept = 0;
/** The file as the control plane would keep it. */
async function keep({ checkpoint }: TrainRoundOutcome): Promise<string> {
  const path = join(folder, `kept-${kept++}`);
  await copyFile(checkpoint, path);
  return path;
}

async function run(
  given: TrainWork,
  changes: Partial<ShardContext> = {},
): Promise<TrainOutcome | TrainRoundOutcome> {
  const outcome = await bench
    .newRunner()
    .run(given, await bench.context(changes));
  if (outcome.kind === "train" || outcome.kind === "train-round")
    return outcome;
  throw new Error(`a ${outcome.kind} came of it`);
}

async function runRound(
  round: Omit<RoundWork, "isLast">,
  spread = plain,
  changes: Partial<ShardContext> = {},
): Promise<TrainRoundOutcome> {
  const outcome = await run(work({ ...round, isLast: false }, spread), changes);
  if (outcome.kind === "train-round") return outcome;
  throw new Error("no round");
}

/** All rounds but the last's shard. @returns what the workers left of each round */
async function runRounds(spread = plain): Promise<string[][]> {
  const rounds: string[][] = [];
  for (let round = 0; round < spread.rounds; round++) {
    const left: string[] = [];
    for (let worker = 0; worker < spread.workers; worker++) {
      const starts = rounds.at(-1) ?? [];
      left.push(await keep(await runRound({ round, worker, starts }, spread)));
    }
    rounds.push(left);
  }
  return rounds;
}

async function runLast(starts: readonly string[], spread = plain) {
  const { rounds: round } = spread;
  const last = { round, worker: 0, starts, isLast: true };
  const outcome = await run(work(last, spread));
  if (outcome.kind === "train") return outcome;
  throw new Error("no model");
}

describe("rounds", () => {
  it("come to a model that is about as good as one worker's, and says how it came about", async () => {
    const model = await runLast((await runRounds()).at(-1)!);
    expect(model.cleanAccuracy.share).toBeGreaterThan(0.95);
    expect(model.manifest.training).toMatchObject({ spread: plain });
    expect(model.epochs).toEqual([]);
    const alone = await run(work(null, null));
    expect(alone.kind).toBe("train");
    const { share } = (alone as TrainOutcome).cleanAccuracy;
    expect(Math.abs(share - model.cleanAccuracy.share)).toBeLessThan(0.04);
  });

  it("that were left in the middle go on to the same bytes", async () => {
    const starts: string[] = [];
    const round = { round: 0, worker: 1, starts };
    const whole = await runRound(round);
    const controller = new AbortController();
    let runs = 0;
    let handed = "";
    const left = runRound(round, plain, {
      signal: controller.signal,
      backend: watched(() => {
        if (++runs === 7) controller.abort("yield");
      }),
      async onCheckpoint(path) {
        handed = join(folder, `kept-${kept++}`);
        await copyFile(path, handed);
      },
    });
    await expect(left).rejects.toBe("yield");
    const gone = await runRound(round, plain, { checkpointPath: handed });
    expect(await readFile(gone.checkpoint)).toEqual(
      await readFile(whole.checkpoint),
    );
    // The handed-over state is of this worker alone: another does not take it for its own.
    const other = { ...round, worker: 0 };
    const anew = await runRound(other, plain, { checkpointPath: handed });
    expect(await readFile(anew.checkpoint)).toEqual(
      await readFile((await runRound(other)).checkpoint),
    );
  });

  it("take outer steps where they are asked for, every worker the same", async () => {
    const outer = { momentum: 0.5, learningRate: 0.7 };
    const spread = { ...plain, outer };
    const rounds = await runRounds(spread);
    const model = await runLast(rounds.at(-1)!, spread);
    expect(model.cleanAccuracy.share).toBeGreaterThan(0.9);
    // Worker 0 carries what the outer step needs; without it, it is said.
    const [first, second] = rounds[0];
    const round = { round: 1, worker: 0, starts: [second, first] };
    await expect(runRound(round, spread)).rejects.toThrow(
      /lacks what the outer step needs/,
    );
  });

  it("begin with nothing damaged, missing, or of another training", async () => {
    const starts = (await runRounds({ ...plain, rounds: 2 }))[0];
    const next = { round: 1, worker: 0 };
    const spread = { ...plain, rounds: 2 };
    const damaged = join(folder, "damaged");
    const bytes = await readFile(starts[1]);
    bytes[bytes.length - 3] ^= 1;
    await writeFile(damaged, bytes);
    for (const second of [damaged, join(folder, "nowhere")])
      await expect(
        runRound({ ...next, starts: [starts[0], second] }, spread),
      ).rejects.toMatchObject({
        code: "storage",
        message: expect.stringContaining("missing or damaged") as string,
      });
    await expect(runRound({ ...next, starts }, plain)).rejects.toThrow(
      /it is of another training.*spread/,
    );
    await expect(
      runRound({ ...next, starts: [starts[0]] }, spread),
    ).rejects.toThrow(/round 1 begins after 30 steps of 2 workers.*of 1/);
    await expect(
      runRound({ round: 2, worker: 0, starts }, { ...spread }),
    ).rejects.toThrow(/round 2 begins after 60 steps/);
  });

  it("need a recipe that is spread, and a step each", async () => {
    const first = { round: 0, worker: 0, starts: [], isLast: false };
    await expect(run(work(first, null))).rejects.toMatchObject({
      code: "usage",
    });
    await expect(run(work(first, { ...plain, rounds: 61 }))).rejects.toThrow(
      /--rounds 61: each of the 2 workers has 60 steps/,
    );
  });
});
