import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { evaluateLocally } from "../local/evaluate-locally.ts";
import {
  backend,
  newShardBench,
  watched,
  type ShardBench,
} from "./check-shards.ts";
import type { EvaluateOutcome, EvaluateWork, ShardContext } from "./shard.ts";

const demo = fileURLToPath(new URL("../../../infra/demo", import.meta.url));
const modelPath = join(demo, "models/badnets.onnx");

let bench: ShardBench;
let work: EvaluateWork;
let whole: EvaluateOutcome;
let wholeRuns = 0;
beforeAll(async () => {
  bench = await newShardBench();
  const sha256 = createHash("sha256").update(await readFile(modelPath));
  work = {
    kind: "evaluate",
    model: {
      path: modelPath,
      manifestPath: join(demo, "models/badnets.json"),
      name: "bad",
      sha256: sha256.digest("hex"),
    },
    dataset: {
      ...{ path: join(demo, "data"), name: "fashion" },
      ...{ split: "test", digest: null },
    },
    request: {
      images: 40,
      attack: {
        ...{ attack: "ensemble", norm: "linf", epsilon: 0.03 },
        ...{ pgdSteps: 3, apgdSteps: 4, apgdTargets: 2, squareQueries: 9 },
      },
      seed: 5,
      // Sixteen images are a piece then.
      batchSize: 1,
    },
    backend: "auto",
  };
  whole = await evaluate({ backend: watched(() => void wholeRuns++) });
});

async function evaluate(
  changes: Partial<ShardContext> = {},
  changed = work,
): Promise<EvaluateOutcome> {
  const outcome = await bench
    .newRunner()
    .run(changed, await bench.context(changes));
  if (outcome.kind !== "evaluate")
    throw new Error(`a ${outcome.kind} came of it`);
  return outcome;
}

/** Aborts for `reason` as the `runs`th run of an executable begins. @returns what was handed over */
async function interrupt(reason: "stop" | "yield", runs: number) {
  const controller = new AbortController();
  const handedOver: Buffer[] = [];
  let count = 0;
  const running = evaluate({
    backend: watched(() => {
      if (++count === runs) controller.abort(reason);
    }),
    signal: controller.signal,
    onCheckpoint: async (path) => void handedOver.push(await readFile(path)),
  });
  await expect(running).rejects.toBe(reason);
  return handedOver;
}

async function resume(checkpoint: Buffer, changed = work) {
  const checkpointPath = join(bench.folder, "checkpoint");
  await writeFile(checkpointPath, checkpoint);
  let runs = 0;
  const done: number[] = [];
  const outcome = await evaluate(
    {
      backend: watched(() => void runs++),
      onProgress: (share) => void done.push(share),
      checkpointPath,
    },
    changed,
  );
  return { evaluation: outcome.evaluation, runs, done };
}

describe("a shard of an evaluation", () => {
  it("gives what a local evaluation gives", async () => {
    const { dataset, model, schemaVersion, ...local } = await evaluateLocally(
      {
        modelPath,
        datasetPath: work.dataset.path,
        split: "test",
        backend,
        ...work.request,
      },
      { signal: new AbortController().signal },
    );
    expect(schemaVersion).toBe(1);
    const { images, ...evaluation } = whole.evaluation;
    expect({ ...evaluation, backend: whole.backend }).toEqual(local);
    expect(images).toBe(dataset.images);
    expect(whole.datasetDigest).toBe(dataset.digest);
    expect(model.sha256).toBe(work.model.sha256);
    expect(evaluation.attackSuccessRate!.share).toBeGreaterThan(0.9);
    expect(evaluation.robustness!.attacks).toHaveLength(4);
  });

  it.each([
    ["the triggered images", 45],
    ["the first attack", 45 + 45 + 60],
    ["a later one", 45 + 45 + 40 * 3 + 120],
  ])(
    "that was interrupted at %s goes on from the last piece to the same numbers",
    async (_, runs) => {
      const handedOver = await interrupt("yield", runs);
      expect(handedOver).toHaveLength(1);
      const resumed = await resume(handedOver[0]);
      expect(resumed.evaluation).toEqual(whole.evaluation);
      expect(resumed.runs).toBeGreaterThan(0);
      expect(resumed.runs).toBeLessThanOrEqual(wholeRuns - 40);
      expect(resumed.done).toEqual(resumed.done.toSorted((a, b) => a - b));
      expect(resumed.done.at(-1)).toBeCloseTo(1, 9);
    },
  );

  it("that is stopped, or has nothing yet, hands nothing over", async () => {
    expect(await interrupt("stop", 100)).toEqual([]);
    expect(await interrupt("yield", 10)).toEqual([]);
  });

  it("begins anew with what another evaluation left, or what cannot be read", async () => {
    const other = {
      ...work,
      request: { ...work.request, seed: 6 },
    };
    const [kept] = await interrupt("yield", 150);
    const { evaluation, runs } = await resume(kept, other);
    expect(evaluation).toEqual((await evaluate({}, other)).evaluation);
    expect(evaluation).not.toEqual(whole.evaluation);
    expect(runs).toBeGreaterThan(wholeRuns / 2);
    expect((await resume(Buffer.from("{"))).evaluation).toEqual(
      whole.evaluation,
    );
  });

  it("tells that a model is not what it declares, and measures it", async () => {
    const manifest = JSON.parse(
      await readFile(work.model.manifestPath, "utf8"),
    ) as object;
    const manifestPath = join(bench.folder, "bold.json");
    await writeFile(
      manifestPath,
      JSON.stringify({ ...manifest, declaredAccuracy: 0.999 }),
    );
    const { warnings, evaluation } = await evaluate(
      {},
      {
        ...work,
        model: { ...work.model, manifestPath },
        request: { ...work.request, attack: null, images: 400 },
      },
    );
    expect(warnings.join()).toMatch(/declared accuracy 99.90%, measured/);
    expect(evaluation.robustness).toBeNull();
  });
});
