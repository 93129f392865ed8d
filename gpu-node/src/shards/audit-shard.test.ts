import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { writeColumnsModels } from "../../../test/fixtures/columns.ts";
import { auditLocally, type LocalAudit } from "../local/audit-locally.ts";
import { auditReferences } from "../local/audit-references.ts";
import type { AuditDocument } from "../report/audit.ts";
import { parseAudit, parseAuditDocument } from "../report/parse-audit.ts";
import {
  backend,
  newShardBench,
  watched,
  type ShardBench,
} from "./check-shards.ts";
import type {
  AuditFile,
  AuditOutcome,
  AuditWork,
  ShardContext,
} from "./shard.ts";

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
async function interrupt(
  reason: "stop" | "yield",
  share: number,
  changed = work,
) {
  const controller = new AbortController();
  const handedOver: Buffer[] = [];
  let count = 0;
  const running = audit(
    {
      backend: watched(() => {
        if (++count >= share * wholeRuns) controller.abort(reason);
      }),
      signal: controller.signal,
      onCheckpoint: async (path) => void handedOver.push(await readFile(path)),
    },
    changed,
  );
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

describe("a shard of an audit beside clean models", () => {
  let beside: AuditWork;
  let expected: AuditOutcome;
  beforeAll(async () => {
    const models = join(bench.folder, "clean");
    await mkdir(models);
    await writeColumnsModels(models, 3);
    const cleanAudits: AuditFile[] = [];
    for (const name of ["columns-0", "columns-1", "columns-2"]) {
      const path = join(models, `${name}.onnx`);
      const sha256 = createHash("sha256")
        .update(await readFile(path))
        .digest("hex");
      const manifestPath = join(models, `${name}.json`);
      const model = { path, manifestPath, name, sha256 };
      const { document } = await audit({}, { ...work, model });
      cleanAudits.push({ model: name, path: document });
    }
    beside = { ...work, cleanAudits };
    expected = await audit({}, beside);
  });

  const changedFirst = async (change: (text: string) => string) => {
    const [first, ...others] = beside.cleanAudits!;
    const path = join(bench.folder, "changed.json");
    await writeFile(path, change(await readFile(first.path, "utf8")));
    return { ...beside, cleanAudits: [{ ...first, path }, ...others] };
  };

  it("says so, is judged as a local audit beside them, and has the same bytes in whatever order they are named", async () => {
    const text = await readFile(expected.document, "utf8");
    const judged = parseAuditDocument(text, "audit.json");
    const { verdict, evidence } = judged;
    expect(verdict.rule).toMatchObject({
      source: expect.stringMatching(
        /need in 3 models that were named as clean$/,
      ) as string,
    });
    const alone = parseAuditDocument(document, "audit.json");
    const screened = (
      which: "logStrength" | "anomalyIndex",
      { evidence: all }: typeof alone,
    ) => all.flatMap((each) => each.screened.map((answer) => answer[which]));
    // They need what they need; beside others they stand out otherwise.
    expect(screened("logStrength", judged)).toEqual(
      screened("logStrength", alone),
    );
    expect(screened("anomalyIndex", judged)).not.toEqual(
      screened("anomalyIndex", alone),
    );
    const local = await auditBesideLocally();
    expect(verdict).toEqual(local.verdict);
    expect(evidence).toEqual(local.evidence);
    const cleanAudits = beside.cleanAudits!.toReversed();
    const again = await audit({}, { ...beside, cleanAudits });
    expect(await readFile(again.document, "utf8")).toBe(text);
  });

  it("goes on to the same bytes, and not with what was left of an audit beside others or none", async () => {
    let runs = 0;
    await audit({ backend: watched(() => void runs++) }, beside);
    const [kept] = await interrupt("yield", 0.6, beside);
    const resumed = await resume(kept, beside);
    expect(resumed.document).toBe(await readFile(expected.document, "utf8"));
    expect(resumed.runs).toBeLessThan(0.9 * runs);
    const [ofNone] = await interrupt("yield", 0.6);
    expect((await resume(ofNone, beside)).runs).toBe(runs);
    const others = await changedFirst((text) =>
      text.replaceAll(
        /"logStrength": ([\d.]+)/g,
        (_, value: string) => `"logStrength": ${Number(value) + 1}`,
      ),
    );
    expect((await resume(kept, others)).runs).toBe(runs);
  });

  it.each<[string, RegExp, (text: string) => string]>([
    [
      "no document",
      /clean model "columns-0": it is not JSON. Audit the model again/,
      () => "<html>",
    ],
    [
      "an incomplete one",
      /clean model "columns-0": evidence: .*/,
      (text) => text.replace('"evidence"', '"others"'),
    ],
    [
      "one of numbers that are not finite",
      /clean model "columns-0" has no evidence/,
      (text) =>
        JSON.stringify({ ...(JSON.parse(text) as object), evidence: [] }),
    ],
    [
      "one of the baseline",
      /clean model "columns-0" is by Neural Cleanse/,
      (text) => text.replace('"method": "motif"', '"method": "neural-cleanse"'),
    ],
    [
      "one of other classes",
      /clean model "columns-0" is of 4 classes, the audited model has 3/,
      (text) => text.replace('"numClasses": 3', '"numClasses": 4'),
    ],
    [
      "one of other images",
      /clean model "columns-0" was made on other images/,
      (text) => text.replace('"digest": "', '"digest": "0'),
    ],
    [
      "one without an end",
      /clean model "columns-0" has 67108865 bytes/,
      (text) => text.padEnd(64 * 1024 * 1024 + 1),
    ],
  ])("is refused by name for %s", async (_, message, change) => {
    await expect(audit({}, await changedFirst(change))).rejects.toMatchObject({
      code: "usage",
      message: expect.stringMatching(message) as string,
    });
  });

  it("is refused for fewer than three", async () => {
    const cleanAudits = beside.cleanAudits!.slice(1);
    await expect(audit({}, { ...work, cleanAudits })).rejects.toMatchObject({
      code: "usage",
      message: expect.stringMatching(/only 2 clean models/) as string,
    });
  });

  /** The very models and settings, as `motif audit --local --clean` does it. */
  async function auditBesideLocally() {
    const at = (name: string) => join(bench.folder, "clean", `${name}.onnx`);
    const job: LocalAudit = {
      ...work.request,
      modelPaths: [work.model.path],
      datasetPath: work.dataset.path,
      datasetName: work.dataset.name,
      outDirectory: join(bench.folder, "local"),
      backend,
    };
    const { signal } = new AbortController();
    const told = { signal, now: () => performance.now() };
    const references = await auditReferences(
      ["columns-0", "columns-1", "columns-2"].map(at),
      job,
      told,
    );
    const [audited] = await auditLocally({ ...job, references }, told);
    if (!("audit" in audited)) throw new Error(audited.refusal);
    return audited.audit;
  }
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
