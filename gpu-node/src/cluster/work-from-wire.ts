/** From the wire's shard to the runner's work, with paths of this machine. */
import type {
  AuditReference,
  DatasetReference,
  EvaluationAttack as WireAttack,
  ModelReference,
  SearchSettings as WireSettings,
  ShardSpec,
  TrainRound,
} from "@motif/proto";
import { MotifError } from "../motif-error.ts";
import {
  auditMethods,
  parseRecipe,
  type AuditFile,
  type DatasetFiles,
  type EvaluateWork,
  type ModelFiles,
  type RoundWork,
  type SearchWork,
  type ShardWork,
} from "../shards/shard.ts";
import type { WantedAudit } from "./shard-files.ts";

/** Fetches what a shard names. */
export interface FileSources {
  model(reference: ModelReference): Promise<ModelFiles>;
  dataset(reference: DatasetReference): Promise<DatasetFiles>;
  /** What a worker left of a round. @returns its path */
  roundCheckpoint(sha256: string): Promise<string>;
  /** What an audit left. @returns its path */
  auditDocument(wanted: WantedAudit): Promise<string>;
}

type SearchSettings = SearchWork["settings"];
const presetNames = ["default", "official"] as const;
const canvasSources = ["natural", "noise", "free"] as const;
const attackNames = ["pgd", "ensemble"] as const;
const normNames = ["linf", "l2"] as const;

/**
 * @throws MotifError "usage" when the shard is of a kind, or has a setting, that this version does not know; whatever
 * `sources` throws
 */
export async function workFromWire(
  spec: ShardSpec | undefined,
  sources: FileSources,
): Promise<ShardWork> {
  const kind = spec?.kind;
  switch (kind?.$case) {
    case "search": {
      const { value } = kind;
      return {
        kind: "search",
        settings: settingsFromWire(present(value.settings, "settings")),
        searches: value.searches,
        pack: value.pack,
        evaluateImages: value.evaluateImages,
        threshold: value.threshold,
        backend: value.backend,
        model: await sources.model(present(value.model, "model")),
        dataset: await sources.dataset(present(value.dataset, "data set")),
      };
    }
    case "checkModel": {
      const { model, dataset, backend } = kind.value;
      return {
        kind: "check-model",
        backend,
        model: await sources.model(present(model, "model")),
        dataset: await sources.dataset(present(dataset, "data set")),
      };
    }
    case "inspectDataset":
      return {
        kind: "inspect-dataset",
        dataset: await sources.dataset(present(kind.value.dataset, "data set")),
      };
    case "train": {
      const {
        dataset,
        testSplit,
        recipeJson,
        name,
        command,
        backend,
        round,
        start,
      } = kind.value;
      return {
        kind: "train",
        ...{ testSplit, name, command, backend },
        recipe: parseRecipe(recipeJson),
        start: start ? await sources.model(start) : null,
        round: round ? await roundFromWire(round, sources) : null,
        dataset: await sources.dataset(present(dataset, "data set")),
      };
    }
    case "evaluate": {
      const { model, dataset, images, attack, seed, batchSize, backend } =
        kind.value;
      return {
        kind: "evaluate",
        request: {
          ...{ images, seed, batchSize },
          attack: attack === undefined ? null : attackFromWire(attack),
        },
        backend,
        model: await sources.model(present(model, "model")),
        dataset: await sources.dataset(present(dataset, "data set")),
      };
    }
    case "audit": {
      const { model, dataset, method, backend, cleanAudits, ...request } =
        kind.value;
      return {
        kind: "audit",
        request: { ...request, method: oneOf(auditMethods, method, "method") },
        backend,
        cleanAudits: await auditsFromWire(
          cleanAudits,
          "the clean model ",
          sources,
        ),
        model: await sources.model(present(model, "model")),
        dataset: await sources.dataset(present(dataset, "data set")),
      };
    }
    case "compareAudits":
      return {
        kind: "compare-audits",
        audits: await auditsFromWire(kind.value.audits, "", sources),
      };
    case "noop":
      return { kind: "noop", waitMs: kind.value.waitMs };
    case undefined:
      // Another node, of the control plane's own version, may know it.
      throw new MotifError(
        "cluster",
        "a shard of a kind that this version of Motif does not know. Run the same version on node and control plane.",
      );
  }
}

async function roundFromWire(
  { startSha256, ...round }: TrainRound,
  sources: FileSources,
): Promise<RoundWork> {
  const starts: string[] = [];
  for (const sha256 of startSha256)
    starts.push(await sources.roundCheckpoint(sha256));
  return { ...round, starts };
}

/** Most that one shard names: a job has no more models. */
const mostAudits = 1_000;

/**
 * @param subject whose audits they are, for errors
 * @throws MotifError "usage" for too many, before any is fetched
 */
async function auditsFromWire(
  references: readonly AuditReference[],
  subject: "" | "the clean model ",
  sources: FileSources,
): Promise<readonly AuditFile[]> {
  if (references.length > mostAudits)
    throw new MotifError(
      "usage",
      `the shard names ${references.length} audits, ${mostAudits} is the most. Submit the models in parts.`,
    );
  const files: AuditFile[] = [];
  for (const { model, sha256 } of references) {
    const label = `the audit of ${subject}"${model}"`;
    files.push({
      model,
      path: await sources.auditDocument({ sha256, label }),
    });
  }
  return files;
}

function settingsFromWire(settings: WireSettings): SearchSettings {
  return {
    ...settings,
    preset: oneOf(presetNames, settings.preset, "preset"),
    canvasSource: oneOf(canvasSources, settings.canvasSource, "canvas source"),
  };
}

function attackFromWire(attack: WireAttack): EvaluateWork["request"]["attack"] {
  return {
    ...attack,
    attack: oneOf(attackNames, attack.attack, "attack"),
    norm: oneOf(normNames, attack.norm, "norm"),
  };
}

function present<Value>(value: Value | undefined, name: string): Value {
  if (value === undefined)
    throw new MotifError("usage", `the shard names no ${name}.`);
  return value;
}

function oneOf<Name extends string>(
  names: readonly Name[],
  text: string,
  what: string,
): Name {
  const found = names.find((name) => name === text);
  if (found === undefined)
    throw new MotifError(
      "usage",
      `the shard's ${what} is "${text}", ${names.join(", ")} is known.`,
    );
  return found;
}
