/**
 * `motif audit --local`: one model after the other, one data set, this process. Each model gets a folder with audit.json and its page as
 * soon as it is done; what is there already is not asked again, and a stopped model goes on after the last part that was done.
 */
import { createHash } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { openClassifier, type Classifier } from "../classifier/classifier.ts";
import type { Backend } from "../engine/index.ts";
import { MotifError } from "../motif-error.ts";
import { writeFileAtomically } from "../report/atomic-file.ts";
import type { ModelAudit } from "../report/audit.ts";
import { writeAuditPage } from "../report/index.ts";
import { encodeAudit, parseAudit } from "../report/parse-audit.ts";
import { openImageSource, type ImageSource } from "../search/image-source.ts";
import { encodeParts, readParts } from "../shards/audit-checkpoint.ts";
import {
  auditClassifier,
  type AuditRequest,
} from "../shards/audit-classifier.ts";
import { compareWithPeers } from "../shards/compare-with-peers.ts";
import {
  openSplitDataset,
  type SplitDataset,
} from "../shards/search-inputs.ts";

export interface LocalAudit extends AuditRequest {
  readonly modelPaths: readonly string[];
  readonly datasetPath: string;
  /** What people call it; its own name where absent. */
  readonly datasetName?: string | undefined;
  readonly split?: string | undefined;
  readonly outDirectory: string;
  readonly backend: Backend;
  readonly cacheDirectory?: string | undefined;
}

export interface LocalAuditEvents {
  /** @param at from 0 */
  readonly onModel?: (name: string, at: number, total: number) => void;
  readonly onPhase?: (name: string) => void;
  readonly onWarning?: (text: string) => void;
  readonly onDecoded?: (done: number, total: number | null) => void;
  readonly onPlanned?: (gradients: number) => void;
  readonly onGradients?: (count: number) => void;
  readonly onAudit?: (audit: ModelAudit, wasThere: boolean) => void;
  /** Beside the others of the collection its verdict is another. */
  readonly onRestated?: (audit: ModelAudit) => void;
  readonly onRefused?: (path: string, error: MotifError) => void;
}

/** A model's place in the outcome: its audit, or why there is none. */
export type AuditedFile =
  | {
      readonly path: string;
      readonly folder: string;
      readonly audit: ModelAudit;
    }
  | RefusedFile;
interface RefusedFile {
  readonly path: string;
  readonly refusal: string;
}
type AuditedModelFile = Exclude<AuditedFile, RefusedFile> & KeyedAudit;

/**
 * A model that is refused does not stop the others.
 * @returns an entry a model, in the order asked for
 * @throws MotifError "storage" when the folder cannot be written, "dataset" when the data set cannot be used by any model; the signal's
 * reason when it is aborted
 */
export async function auditLocally(
  job: LocalAudit,
  options: {
    readonly signal: AbortSignal;
    /** Milliseconds, for durations only. */
    readonly now: () => number;
    readonly events?: LocalAuditEvents;
  },
): Promise<AuditedFile[]> {
  const { events = {} } = options;
  const out = resolve(job.outDirectory);
  const probe = join(out, "write-check");
  await writeFileAtomically(probe, "");
  await rm(probe, { force: true });
  const folders = nameFolders(job.modelPaths);
  const datasets = newOpenedData(job, options);
  const audited: (AuditedModelFile | RefusedFile)[] = [];
  try {
    for (const [at, path] of job.modelPaths.entries()) {
      options.signal.throwIfAborted();
      events.onModel?.(folders[at], at, job.modelPaths.length);
      const folder = join(out, folders[at]);
      try {
        const keyed = await auditFile(path, folder, job, datasets, options);
        audited.push({ path, folder: folders[at], ...keyed });
      } catch (error) {
        if (!(error instanceof MotifError) || options.signal.aborted)
          throw error;
        // What is wrong with the disk or the backend is wrong for all.
        if (error.code === "storage" || error.code === "backend") throw error;
        events.onRefused?.(path, error);
        audited.push({ path, refusal: error.message });
      }
    }
  } finally {
    await datasets.close();
  }
  return job.references ? audited : restateBesidePeers(audited, out, events);
}

/** Once all are there: by verdicts beside the others, where there are enough of them. */
async function restateBesidePeers(
  audited: readonly (AuditedModelFile | RefusedFile)[],
  out: string,
  { onRestated }: LocalAuditEvents,
): Promise<AuditedFile[]> {
  const there = audited.filter((each) => "audit" in each);
  const compared = compareWithPeers(there.map(({ audit }) => audit));
  const restated = new Map<AuditedFile, AuditedFile>();
  for (const [i, before] of there.entries()) {
    const audit = compared[i];
    if (isDeepStrictEqual(audit, before.audit)) continue;
    await writeAudit(join(out, before.folder), audit, before.key);
    restated.set(before, { ...before, audit });
    if (audit.verdict.verdict !== before.audit.verdict.verdict)
      onRestated?.(audit);
  }
  return audited.map((each) => restated.get(each) ?? each);
}

/** A folder a model, by its file's name; a number behind those that are there twice. */
function nameFolders(paths: readonly string[]): string[] {
  const taken = new Set<string>();
  return paths.map((path) => {
    const stem =
      basename(path)
        .replace(/\.onnx$/i, "")
        .replace(/[^\w.-]+/g, "-")
        .replace(/^\.+/, "") || "model";
    let name = stem;
    for (let i = 2; taken.has(name); i++) name = `${stem}-${i}`;
    taken.add(name);
    return name;
  });
}

interface KeyedAudit {
  readonly audit: ModelAudit;
  readonly key: string;
}

async function auditFile(
  path: string,
  folder: string,
  job: LocalAudit,
  datasets: OpenedData,
  options: Parameters<typeof auditLocally>[1],
): Promise<KeyedAudit> {
  const { events = {}, signal, now } = options;
  const classifier = await openClassifier(path);
  for (const warning of classifier.warnings) events.onWarning?.(warning);
  const data = await datasets.openFor(classifier);
  const key = keyOf(job, classifier, data);
  const auditPath = join(folder, "audit.json");
  const partsPath = join(folder, "parts.json");
  const there = await readAudit(auditPath, key);
  if (there) {
    events.onAudit?.(there, true);
    return { audit: there, key };
  }
  const audit = await auditClassifier(
    {
      ...{ classifier, dataset: data.dataset, parts: data.parts },
      modelName: classifier.name,
      datasetName: job.datasetName ?? data.dataset.name,
      images: data.images,
    },
    job,
    job.backend,
    {
      ...{ signal, now, from: await readParts(partsPath, key) },
      ...events,
      onPart: (parts) =>
        writeFileAtomically(partsPath, encodeParts(key, parts)),
    },
  );
  await writeAudit(folder, audit, key);
  await rm(partsPath, { force: true });
  events.onAudit?.(audit, false);
  return { audit, key };
}

async function writeAudit(
  folder: string,
  audit: ModelAudit,
  key: string,
): Promise<void> {
  await writeFileAtomically(
    join(folder, "audit.json"),
    encodeAudit(audit, key),
  );
  await writeAuditPage(folder, audit);
}

const keyed = z.looseObject({ key: z.string() });

/** Undefined when there is none, or of another audit. */
async function readAudit(
  path: string,
  key: string,
): Promise<ModelAudit | undefined> {
  try {
    const text = await readFile(path, "utf8");
    const { data } = keyed.safeParse(JSON.parse(text));
    return data?.key === key ? parseAudit(text, path) : undefined;
  } catch {
    return undefined;
  }
}

/** Everything that an audit's bytes depend on, apart from times. */
function keyOf(
  job: LocalAudit,
  classifier: Classifier,
  { dataset }: SplitDataset,
): string {
  const { method, seed, seeds, isExhaustive, threshold, evaluateImages } = job;
  const content = {
    version: 2,
    model: classifier.sha256,
    manifest: classifier.manifest,
    dataset: [dataset.digest, job.split ?? null, job.datasetName ?? null],
    request: { method, seed, seeds, isExhaustive, threshold, evaluateImages },
    ...(job.references && { references: job.references }),
    backend: [job.backend.name, job.backend.provider],
  };
  return createHash("sha256").update(JSON.stringify(content)).digest("hex");
}

interface OpenedData {
  openFor(classifier: Classifier): Promise<DataForModels>;
  close(): Promise<void>;
}
interface DataForModels extends SplitDataset {
  readonly images: ImageSource;
}

/** The data set, open for one image shape at a time: models of a collection mostly share it. */
function newOpenedData(
  job: LocalAudit,
  { signal, events = {} }: Parameters<typeof auditLocally>[1],
): OpenedData {
  let open: { readonly key: string; readonly data: DataForModels } | undefined;
  const close = async () => {
    const { data } = open ?? {};
    open = undefined;
    await data?.dataset.close();
  };
  return {
    async openFor(classifier) {
      const key = JSON.stringify([
        classifier.imageShape,
        classifier.numClasses,
      ]);
      if (open?.key === key) return open.data;
      await close();
      events.onPhase?.("Reading the data set");
      const split = await openSplitDataset(classifier, job.datasetPath, {
        signal,
        ...(job.split !== undefined && { split: job.split }),
        ...(events.onDecoded && { onProgress: events.onDecoded }),
        ...(job.cacheDirectory !== undefined && {
          cacheDir: job.cacheDirectory,
        }),
      });
      try {
        const images = await openImageSource(split.dataset, split.parts.search);
        open = { key, data: { ...split, images } };
        return open.data;
      } catch (error) {
        await split.dataset.close();
        throw error;
      }
    },
    close,
  };
}
