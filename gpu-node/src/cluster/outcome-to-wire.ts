/** From the runner's outcome to the wire's result and the files that it names. */
import {
  ShardResult,
  type Artifact,
  type AuditResult,
  type CheckModelResult,
  type CompareAuditsResult,
  type ComparedAudit,
  type EvaluateResult,
  type InspectDatasetResult,
  type MeasuredShare,
  type Pattern,
  type SearchResult,
  type TrainResult,
  type TrainRoundResult,
} from "@motif/proto";
import { MotifError } from "../motif-error.ts";
import type {
  AuditOutcome,
  AuditSummary,
  CheckModelOutcome,
  CompareAuditsOutcome,
  EvaluateOutcome,
  InspectDatasetOutcome,
  SearchOutcome,
  ShardOutcome,
  TrainOutcome,
  TrainRoundOutcome,
} from "../shards/shard.ts";
import type { FinishedShard } from "./conversation.ts";
import { describeFile } from "./file-digest.ts";
import type { ProducedFile } from "./result-spool.ts";
import { epochToWire } from "./training-report.ts";

/** Control planes take messages of 4 MiB; a result goes in one, with some room for what is around it. */
const largestResultBytes = 4 * 1024 * 1024 - 16 * 1024;

/**
 * @throws MotifError "usage" for a result that no message can carry: fewer searches a shard are needed; the system's error when
 * a file that the outcome names cannot be read
 */
export async function outcomeToWire(
  outcome: ShardOutcome,
): Promise<FinishedShard> {
  const files = new Map<string, ProducedFile & Artifact>();
  const register = async (path: string): Promise<Artifact> => {
    const file = files.get(path) ?? { path, ...(await describeFile(path)) };
    files.set(path, file);
    return { sha256: file.sha256, bytes: file.bytes };
  };
  const result: ShardResult = { kind: await kindToWire(outcome, register) };
  const { byteLength } = ShardResult.encode(result).finish();
  if (byteLength > largestResultBytes)
    throw new MotifError(
      "usage",
      `the shard's result has ${byteLength} bytes, ${largestResultBytes} is the most that is taken. Its plan put too many searches into one shard: submit fewer at once, and please report it.`,
    );
  return { result, files: [...files.values()] };
}

type PatternOutcome = SearchOutcome["patterns"][number];
type Register = (path: string) => Promise<Artifact>;

async function kindToWire(
  outcome: ShardOutcome,
  register: Register,
): Promise<ShardResult["kind"]> {
  switch (outcome.kind) {
    case "search":
      return { $case: "search", value: await searchToWire(outcome, register) };
    case "check-model":
      return { $case: "checkModel", value: checkToWire(outcome) };
    case "inspect-dataset":
      return {
        $case: "inspectDataset",
        value: await inspectionToWire(outcome, register),
      };
    case "train":
      return { $case: "train", value: await trainToWire(outcome, register) };
    case "train-round":
      return {
        $case: "trainRound",
        value: await roundToWire(outcome, register),
      };
    case "evaluate":
      return { $case: "evaluate", value: evaluationToWire(outcome) };
    case "audit":
      return { $case: "audit", value: await auditToWire(outcome, register) };
    case "compare-audits":
      return {
        $case: "compareAudits",
        value: await comparisonToWire(outcome, register),
      };
    case "noop":
      return { $case: "noop", value: {} };
  }
}

async function searchToWire(
  { patterns, backend, compileMs, searchMs, evaluateMs }: SearchOutcome,
  register: Register,
): Promise<SearchResult> {
  const sent: Pattern[] = [];
  for (const pattern of patterns)
    sent.push(await patternToWire(pattern, register));
  return { patterns: sent, backend, compileMs, searchMs, evaluateMs };
}

async function patternToWire(
  pattern: PatternOutcome,
  register: Register,
): Promise<Pattern> {
  const { identity, steps, imageGradients, maskL1, topPixels, wallMs, trace } =
    pattern;
  return {
    identity,
    steps,
    imageGradients,
    maskL1,
    mask: await register(pattern.mask),
    canvas: await register(pattern.canvas),
    pattern: await register(pattern.pattern),
    heatmap: await register(pattern.heatmap),
    topPixels,
    predictivePower: pattern.predictivePower.map(
      ({ wilson95: [wilsonLow, wilsonHigh], ...point }) => ({
        ...point,
        wilsonLow,
        wilsonHigh,
      }),
    ),
    sourceToTarget: pattern.sourceToTarget,
    kStar: pattern.kStar ?? undefined,
    wallMs,
    trace,
  };
}

function checkToWire(outcome: CheckModelOutcome): CheckModelResult {
  const { kind: _, refusal, parts, groundTruth, ...facts } = outcome;
  return {
    ...facts,
    refusal: refusal ?? "",
    canvasImages: parts.canvas,
    searchImages: parts.search,
    evaluateImages: parts.evaluate,
    groundTruthJson: groundTruth === null ? "" : JSON.stringify(groundTruth),
  };
}

async function inspectionToWire(
  outcome: InspectDatasetOutcome,
  register: Register,
): Promise<InspectDatasetResult> {
  const { kind: _, refusal, samples, ...facts } = outcome;
  const sheets: Artifact[] = [];
  for (const sheet of samples?.sheets ?? []) sheets.push(await register(sheet));
  return {
    ...facts,
    refusal: refusal ?? "",
    samples: samples ? { ...samples, sheets } : undefined,
  };
}

async function trainToWire(
  outcome: TrainOutcome,
  register: Register,
): Promise<TrainResult> {
  const { cleanAccuracy, attackSuccessRate } = outcome;
  return {
    model: await register(outcome.model),
    manifestJson: JSON.stringify(outcome.manifest),
    cleanAccuracy: cleanAccuracy.share,
    cleanAccuracyImages: cleanAccuracy.n,
    attackSuccessRate: attackSuccessRate?.share,
    epochs: outcome.epochs.map(epochToWire),
    trainMs: outcome.trainMs,
  };
}

async function roundToWire(
  { checkpoint, epochs, trainMs }: TrainRoundOutcome,
  register: Register,
): Promise<TrainRoundResult> {
  return {
    checkpoint: await register(checkpoint),
    epochs: epochs.map(epochToWire),
    trainMs,
  };
}
type ClassifierEvaluation = EvaluateOutcome["evaluation"];

function evaluationToWire({
  evaluation,
  datasetDigest,
  warnings,
  backend,
  evaluateMs,
}: EvaluateOutcome): EvaluateResult {
  const { images, clean, attackSuccessRate, robustness, config } = evaluation;
  return {
    ...{ datasetDigest, images, backend, evaluateMs },
    warnings: [...warnings],
    cleanAccuracy: shareToWire(clean.accuracy),
    expectedCalibrationError: clean.expectedCalibrationError,
    classes: clean.classes.map(({ name, accuracy, predictions }, index) => ({
      name,
      accuracy: shareToWire(accuracy),
      predictions: [...predictions],
      robustAccuracy: robustness
        ? shareToWire(robustness.classes[index])
        : undefined,
    })),
    attackSuccessRate: attackSuccessRate
      ? shareToWire(attackSuccessRate)
      : undefined,
    noAttackSuccessRate: evaluation.noAttackSuccessRate ?? "",
    robustness:
      robustness && config.robustness
        ? {
            attack: config.robustness,
            robustAccuracy: shareToWire(robustness.robustAccuracy),
            attacks: robustness.attacks.map((each) => ({
              ...each,
              robustAccuracy: shareToWire(each.robustAccuracy),
            })),
          }
        : undefined,
    batchSize: config.batchSize,
    seed: config.seed,
  };
}

const shareToWire = ({
  share,
  n,
  wilson95: [wilsonLow, wilsonHigh],
}: ClassifierEvaluation["clean"]["accuracy"]): MeasuredShare => ({
  ...{ share, n, wilsonLow, wilsonHigh },
});

async function auditToWire(
  { document, summary, warnings, auditMs }: AuditOutcome,
  register: Register,
): Promise<AuditResult> {
  const { model, dataset, cost, backend } = summary;
  return {
    document: await register(document),
    ...verdictToWire(summary),
    cleanAccuracy: model.cleanAccuracy ?? undefined,
    ...cost,
    datasetDigest: dataset.digest,
    backend,
    warnings: [...warnings],
    auditMs,
  };
}

async function comparisonToWire(
  { changed, compareMs }: CompareAuditsOutcome,
  register: Register,
): Promise<CompareAuditsResult> {
  const sent: ComparedAudit[] = [];
  for (const { place, document, summary } of changed)
    sent.push({
      place,
      peers: summary.peers?.count ?? 0,
      document: await register(document),
      ...verdictToWire(summary),
    });
  return { changed: sent, compareMs };
}

const verdictToWire = ({ verdict, dataset }: AuditSummary) => ({
  verdict: verdict.verdict,
  reason: verdict.reason,
  probability: verdict.probability ?? undefined,
  targetClass: verdict.targetClass ?? undefined,
  targetClassName:
    verdict.targetClass === null
      ? ""
      : (dataset.classes[verdict.targetClass] ?? ""),
  perturbation: verdict.perturbation ?? "",
  anomalyIndex: verdict.anomalyIndex ?? undefined,
  pValue: verdict.pValue ?? undefined,
});
