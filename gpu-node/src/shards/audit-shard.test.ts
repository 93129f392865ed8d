import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { AuditDocument } from "../report/audit.ts";
import { parseAudit } from "../report/parse-audit.ts";
import { newShardBench, watched, type ShardBench } from "./check-shards.ts";
import type { AuditOutcome, AuditWork, ShardContext } from "./shard.ts";

let bench: ShardBench;
let work: AuditWork;
let whole: AuditOutcome;
let document: string;
let wholeRuns = 0;
beforeAll(async () => {
  bench = await newShardBench();
  const { model, dataset, backend } = bench.searchWork();
  work = {
    ...{ kind: "audit", model, dataset, backend },
    request: {
      ...{ method: "motif", seed: 3, seeds: 2, isExhaustive: false },
      ...{ threshold: 0.9, evaluateImages: 60 },
    },
  };
  whole = await audit({ backend: watched(() => void wholeRuns++) });
  document = await readFile(whole.document, "utf8");
});

async function audit(
  changes: Partial<ShardContext> = {},
  changed = work,
): Promise<AuditOutcome> {
  const outcome = await bench
    .newRunner()
    .run(changed, await bench.context(changes));
  if (outcome.kind !== "audit") throw new Error(`a ${outcome.kind} came of it`);
  return outcome;
}

/** Aborts for `reason` when that share of the runs is done. @returns what was handed over */
async function interrupt(reason: "stop" | "yield", share: number) {
  const controller = new AbortController();
  const handedOver: Buffer[] = [];
  let count = 0;
  const running = audit({
    backend: watched(() => {
      if (++count >= share * wholeRuns) controller.abort(reason);
    }),
    signal: controller.signal,
    onCheckpoint: async (path) => void handedOver.push(await readFile(path)),
  });
  await expect(running).rejects.toBe(reason);
  return handedOver;
}

async function resume(checkpoint: Buffer | string, changed = work) {
  const checkpointPath = join(bench.folder, "checkpoint");
  await writeFile(checkpointPath, checkpoint);
  let runs = 0;
  const done: number[] = [];
  const outcome = await audit(
    {
      backend: watched(() => void runs++),
      onProgress: (share) => void done.push(share),
      checkpointPath,
    },
    changed,
  );
  return { document: await readFile(outcome.document, "utf8"), runs, done };
}

describe("a shard of an audit", () => {
  it("leaves a document without times, and says in short what is in it", () => {
    expect(document).not.toContain("auditMs");
    const timed = JSON.stringify({
      ...(JSON.parse(document) as object),
      timing: { auditMs: whole.auditMs },
    });
    const parsed = parseAudit(timed, "audit.json");
    expect(whole.summary).toMatchObject({
      model: { name: "columns", sha256: work.model.sha256 },
      verdict: parsed.verdict,
      cost: parsed.cost,
    });
    expect(parsed.evidence.map(({ perturbation }) => perturbation)).toEqual([
      "patch",
      "faint",
      "stripes",
      "warp",
      "noise-canvas",
      "natural-canvas",
    ]);
  });

  it("looks for the class that answers to a patch most on canvases with given values too", () => {
    const { evidence, statistics } = JSON.parse(document) as AuditDocument;
    const [patch, ...others] = evidence;
    for (const canvas of others.slice(-2)) {
      expect(canvas.screened.map(({ targetClass }) => targetClass)).toEqual(
        patch.screened.map(({ targetClass }) => targetClass),
      );
      expect(
        new Set(canvas.finalists.map(({ targetClass }) => targetClass)),
      ).toEqual(new Set([patch.finalists[0].targetClass]));
      expect(canvas.finalists[0].pictures).not.toBeNull();
    }
    const overlap = statistics.find(({ name }) => name === "canvas overlap");
    expect(overlap?.value).toBeGreaterThan(0);
  });

  it.each([0.4, 0.6, 0.9])(
    "that was interrupted after %f of its runs goes on after the last part to the same bytes",
    async (share) => {
      const handedOver = await interrupt("yield", share);
      expect(handedOver).toHaveLength(1);
      const resumed = await resume(handedOver[0]);
      expect(resumed.document).toBe(document);
      expect(resumed.runs).toBeLessThan(0.9 * wholeRuns);
      expect(resumed.done).toEqual(resumed.done.toSorted((a, b) => a - b));
      expect(resumed.done.at(-1)).toBeCloseTo(1, 9);
    },
  );

  it("that is stopped, or has nothing yet, hands nothing over", async () => {
    expect(await interrupt("stop", 0.6)).toEqual([]);
    expect(await interrupt("yield", 0.05)).toEqual([]);
  });

  it("begins anew with what another audit left, or what cannot be read", async () => {
    const [kept] = await interrupt("yield", 0.6);
    const other = { ...work, request: { ...work.request, seed: 4 } };
    const resumed = await resume(kept, other);
    expect(resumed.runs).toBe(wholeRuns);
    expect(resumed.document).not.toBe(document);
    const spoilt = kept
      .toString()
      .replace(/"logStrength":[^,]+/, '"logStrength":"?"');
    expect((await resume(spoilt)).document).toBe(document);
  });
});

describe("a document from elsewhere", () => {
  const changed = (change: (audit: Record<string, never>) => void) => {
    const audit = JSON.parse(document) as Record<string, never>;
    change(audit);
    return JSON.stringify({ ...audit, timing: { auditMs: 1 } });
  };
  it.each<[string, RegExp, (audit: never) => void]>([
    [
      "a verdict that there is not",
      /x\/audit\.json: verdict\.verdict: .*Remove it and audit again/,
      (audit: { verdict: { verdict: string } }) =>
        (audit.verdict.verdict = "clean"),
    ],
    [
      "a picture that is none",
      /evidence\.0\.finalists\.0\.pictures\.finding: a PNG is expected/,
      (audit: {
        evidence: { finalists: { pictures: { finding: string } }[] }[];
      }) =>
        (audit.evidence[0].finalists[0].pictures.finding =
          'data:image/svg+xml,<svg onload="1">'),
    ],
    [
      "a probability above 1",
      /verdict\.probability/,
      (audit: { verdict: { probability: number } }) =>
        (audit.verdict.probability = 2),
    ],
  ])("is refused for %s", (_, message, change) => {
    expect(() => parseAudit(changed(change as never), "x/audit.json")).toThrow(
      message,
    );
  });
  it("is refused when it is not JSON", () => {
    expect(() => parseAudit("{", "x/audit.json")).toThrow(/it is not JSON/);
  });
});
