/**
 * `npm run bench -- audit --fashion PATH --cifar PATH --out DIR`: how well audits tell poisoned models from clean ones. Trains the
 * collections of `audit/*.txt` (a sweep each, `motif train --variants`), audits every model, fits the regression on one half, and judges
 * Motif and Neural Cleanse on the other. What is in DIR already is not made again. `--held-back` also judges the models of
 * `audit/held-back-*.txt`, which were made after everything was fitted, by the regressions that audits use.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import {
  features,
  featuresOf,
  type Regression,
} from "../../gpu-node/src/audit/combination.ts";
import { fitRegression } from "../../gpu-node/src/audit/fit-regression.ts";
import {
  fittedRegression,
  referencedRegression,
} from "../../gpu-node/src/audit/fitted-regression.ts";
import {
  averageReferences,
  fewestReferences,
  type References,
} from "../../gpu-node/src/audit/references.ts";
import type { Evidence } from "../../gpu-node/src/audit/evidence.ts";
import {
  computeStatistics,
  nameStatistics,
} from "../../gpu-node/src/audit/statistics.ts";
import { judge } from "../../gpu-node/src/audit/verdict.ts";
import { openClassifier } from "../../gpu-node/src/classifier/classifier.ts";
import { openBackend } from "../../gpu-node/src/commands/open-backend.ts";
import { readVariants } from "../../gpu-node/src/commands/train-variants.ts";
import { auditLocally } from "../../gpu-node/src/local/audit-locally.ts";
import type {
  AuditMethod,
  ModelAudit,
} from "../../gpu-node/src/report/audit.ts";
import {
  compareWithPeers,
  type PeerRegressions,
} from "../../gpu-node/src/shards/compare-with-peers.ts";
import { runMotif } from "../harness/motif.ts";
import {
  describeJudgement,
  halve,
  type AuditedModel,
} from "./audit/judgement.ts";

const { values: options } = parseArgs({
  allowPositionals: true,
  options: {
    /** Fashion-MNIST, in IDX files. */
    fashion: { type: "string" },
    /** CIFAR-10, in folders train/ and test/. */
    cifar: { type: "string" },
    out: { type: "string", default: "out/bench-audit" },
    /** Which models Neural Cleanse is run on: those judged, all, or none. */
    baseline: { type: "string", default: "judged" },
    /** Also judge what was made after everything was fitted. */
    "held-back": { type: "boolean", default: false },
    /** Only models whose name matches. */
    only: { type: "string", default: "" },
    /** Also the poisoned ones of the judged half at length, to see what skipping loses. */
    exhaustive: { type: "boolean", default: false },
    seed: { type: "string", default: "0" },
    threads: { type: "string" },
    json: { type: "boolean", default: false },
  },
});
const collections = [
  {
    name: "fashion",
    path: options.fashion,
    train: ["--dataset-name", "Fashion-MNIST"],
  },
  {
    name: "cifar",
    path: options.cifar,
    train: ["--dataset-name", "CIFAR-10", "--image-shape", "3x32x32"],
  },
].flatMap(({ path, ...rest }) =>
  path === undefined ? [] : [{ ...rest, path }],
);
if (collections.length === 0)
  throw new Error(
    "say what models are trained and audited on: --fashion PATH, --cifar PATH, or both",
  );

const say = (line: string) => process.stderr.write(`${line}\n`);
const threads =
  options.threads === undefined ? [] : ["--threads", options.threads];
const cache = join(options.out, "cache");
const backend = await openBackend("auto", {
  ...(options.threads !== undefined && { threads: Number(options.threads) }),
});
const stop = new AbortController();
process.once("SIGINT", () => stop.abort());

const models = await trainAndAudit((collection) => collection);
const { fitted, judged, failed } = halve(models.map((model) => restate(model)));
const wanted = new Set(
  options.baseline === "none"
    ? []
    : options.baseline === "all"
      ? [...fitted, ...judged]
      : judged,
);
for (const collection of collections) {
  const chosen = [...fitted, ...judged].filter(
    (model) => model.collection === collection.name && wanted.has(model),
  );
  const audits = await audit(
    collection,
    chosen.map(({ name }) => name),
    "neural-cleanse",
  );
  chosen.forEach((model, i) => (model.baseline = audits[i]));
  if (!options.exhaustive) continue;
  const poisoned = judged.filter(
    (model) => model.collection === collection.name && model.kind !== "clean",
  );
  const atLength = await audit(
    collection,
    poisoned.map(({ name }) => name),
    "motif",
    true,
  );
  poisoned.forEach((model, i) => (model.exhaustive = atLength[i]));
}

const source = `models of ${collections.map(({ train: [, name] }) => name).join(" and ")} trained by Motif`;
const fit = (sets: readonly ModelAudit[], isPoisoned: readonly boolean[]) =>
  fitRegression(
    sets.map(({ statistics }, i) => ({
      features: featuresOf(statistics),
      isPoisoned: isPoisoned[i],
    })),
    `${sets.length} ${source}`,
  );
const alone = fit(
  fitted.map(({ motif }) => motif),
  fitted.map(({ kind }) => kind !== "clean"),
);
const withReferences = fitted.filter((model) => referencesFor(model));
const beside = fit(
  withReferences.map((model) => restate(model, referencesFor(model)).motif),
  withReferences.map(({ kind }) => kind !== "clean"),
);
const rejudge = (
  audit: ModelAudit,
  regression: Regression,
  references?: References,
): ModelAudit =>
  audit.evidence.length === 0
    ? audit
    : {
        ...audit,
        verdict: judge(
          evidenceOf(audit),
          regression,
          audit.dataset.classes,
          references,
        ),
      };
const report = describeJudgement(judgeAll(judged, { alone, beside }));
const heldBack = options["held-back"]
  ? await trainAndAudit((collection) => `held-back-${collection}`)
  : [];
const heldBackHalves = halve(heldBack.map((model) => restate(model)));
const heldBackReport =
  heldBack.length === 0
    ? null
    : describeJudgement(
        judgeAll([...heldBackHalves.fitted, ...heldBackHalves.judged], {
          alone: fittedRegression,
          beside: referencedRegression,
        }),
      );
/** Audits judge by three decimals of it. */
const isShipped = (regression: Regression, shipped: Regression) =>
  JSON.stringify([regression.intercept, ...regression.weights].map(rounded)) ===
  JSON.stringify([shipped.intercept, ...shipped.weights]);
const describe = (
  name: string,
  regression: Regression,
  shipped: Regression,
): string =>
  `Regression, ${name}, on ${regression.source}${isShipped(regression, shipped) ? " (the one that audits use)" : ""}: intercept ${regression.intercept.toFixed(3)}, ${features.map(({ name: feature }, i) => `${feature} ${regression.weights[i].toFixed(3)}`).join(", ")}\n`;
process.stdout.write(
  options.json
    ? `${JSON.stringify({ regressions: { alone, beside }, ...report.figures, heldBack: heldBackReport?.figures ?? null })}\n`
    : [
        `${report.text}\n`,
        ...[...failed, ...heldBackHalves.failed].map(
          ({ collection, name }) =>
            `Not counted, the attack did not take: ${collection}/${name}.\n`,
        ),
        describe("alone", alone, fittedRegression),
        describe("beside others", beside, referencedRegression),
        ...(heldBackReport === null
          ? []
          : [
              `\nHeld back, by the regressions that audits use:\n${heldBackReport.text}\n`,
            ]),
      ].join(""),
);

/** @param listOf the file with a collection's models */
async function trainAndAudit(
  listOf: (collection: string) => string,
): Promise<AuditedModel[]> {
  const models: AuditedModel[] = [];
  for (const collection of collections) {
    const variants = readVariants(
      fileURLToPath(
        new URL(`audit/${listOf(collection.name)}.txt`, import.meta.url),
      ),
    ).filter(({ name }) => new RegExp(options.only).test(name));
    for (const { name, words } of variants)
      await train(collection, name, words);
    const names = variants.map(({ name }) => name);
    const audits = await audit(collection, names, "motif");
    for (const [i, name] of names.entries())
      models.push({
        name,
        collection: collection.name,
        kind: name.slice(0, name.search(/-\d/)),
        motif: await withArchitecture(audits[i], collection, name),
      });
  }
  return models;
}

/** Audits that were made before it was in them are kept. */
async function withArchitecture(
  audit: ModelAudit,
  { name: folder }: (typeof collections)[number],
  name: string,
): Promise<ModelAudit> {
  const { model } = audit;
  if (model.architecture !== undefined) return audit;
  const { architecture } = await openClassifier(modelPath(folder, name));
  return { ...audit, model: { ...model, architecture } };
}

function modelPath(folder: string, name: string): string {
  return join(options.out, "models", folder, `${name}.onnx`);
}

/** Each alone, among each other and, where there are some, beside clean models of the fitted half. */
function judgeAll(
  wanted: readonly AuditedModel[],
  regressions: PeerRegressions,
): AuditedModel[] {
  const { alone, beside } = regressions;
  const amongPeers = compareWithPeers(
    wanted.map(({ motif }) => rejudge(motif, alone)),
    regressions,
  );
  return wanted.map((model, i) => {
    const references = referencesFor(model);
    return {
      ...model,
      motif: rejudge(model.motif, alone),
      amongPeers: amongPeers[i],
      // Of a kind that has too few clean models they are judged alone.
      referenced: references
        ? rejudge(restate(model, references).motif, beside, references)
        : rejudge(model.motif, alone),
      ...(model.exhaustive && {
        exhaustive: rejudge(model.exhaustive, alone),
      }),
    };
  });
}

/** Clean models of the fitted half that are of the model's kind: its data set, architecture and way of training; itself left out. */
function referencesFor(model: AuditedModel): References | undefined {
  const clean = fitted.filter(
    (other) =>
      other !== model &&
      other.kind === "clean" &&
      other.collection === model.collection &&
      wayOf(other) === wayOf(model) &&
      other.motif.evidence.length > 0,
  );
  return clean.length < fewestReferences
    ? undefined
    : averageReferences(
        clean.map(({ motif }) => evidenceOf(motif)),
        `${clean.length} clean models of the fitted half`,
      );
}

/** What follows a name's number. @example "small-cnn" */
function wayOf({ name }: AuditedModel): string {
  return name.replace(/^.*?-\d+-/, "");
}

function rounded(value: number): number {
  return Math.round(1000 * value) / 1000;
}

/** With statistics as they are computed today: audits from before are kept. */
function restate(model: AuditedModel, references?: References): AuditedModel {
  const { motif } = model;
  if (motif.evidence.length === 0) return model;
  const statistics = nameStatistics(
    computeStatistics(evidenceOf(motif), references),
  );
  return { ...model, motif: { ...motif, statistics } };
}

function evidenceOf({ model, evidence }: ModelAudit): Evidence {
  return { numClasses: model.numClasses, perturbations: evidence };
}

async function train(
  { name: folder, path, train: more }: (typeof collections)[number],
  name: string,
  words: readonly string[],
): Promise<void> {
  const out = modelPath(folder, name);
  if (existsSync(out)) return;
  stop.signal.throwIfAborted();
  say(`training ${folder}/${name}`);
  const { status, stderr } = await runMotif(
    ...["train", "--local", "--dataset", path, "--out", out],
    ...["--cache", cache, ...threads, ...more, ...words],
  );
  if (status !== 0) throw new Error(`${name}: ${stderr}`);
}

async function audit(
  { name: folder, path, train: [, datasetName] }: (typeof collections)[number],
  names: readonly string[],
  method: AuditMethod,
  isExhaustive = false,
): Promise<ModelAudit[]> {
  if (names.length === 0) return [];
  const audited = await auditLocally(
    {
      modelPaths: names.map((name) => modelPath(folder, name)),
      datasetPath: path,
      datasetName,
      outDirectory: join(
        options.out,
        `${method}${isExhaustive ? "-exhaustive" : ""}-seed-${options.seed}`,
        folder,
      ),
      cacheDirectory: cache,
      ...{ method, isExhaustive, backend },
      ...{ seed: Number(options.seed), seeds: 2 },
      ...{ threshold: 0.9, evaluateImages: 400 },
    },
    {
      signal: stop.signal,
      now: () => performance.now(),
      events: {
        onAudit: ({ model, verdict, timing }, wasThere) => {
          if (!wasThere)
            say(
              `${method} ${model.name}: ${verdict.verdict} (${(timing.auditMs / 1000).toFixed(0)} s)`,
            );
        },
      },
    },
  );
  return audited.map((each) => {
    if ("audit" in each) return each.audit;
    throw new Error(`${each.path}: ${each.refusal}`);
  });
}
