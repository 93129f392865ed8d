/** Results of audits, wire to plain. */
import type * as wire from "@motif/proto";
import {
  verdictNames,
  type AuditResult,
  type CompareAuditsResult,
} from "../shards/shard-result.ts";
import { readArtifact } from "./wire-artifact.ts";
import { readBackend } from "./wire-backend.ts";
import { FieldViolation } from "./status.ts";
import {
  readInteger,
  readList,
  readNumber,
  readShare,
  readText,
} from "./wire-fields.ts";

const longestName = 1_000;
const longestText = 10_000;
const mostWarnings = 1_000;
const largestCount = Number.MAX_SAFE_INTEGER;

/** Audits that are compared together: a job has no more models. */
const mostCompared = 1_000;

/** @throws FieldViolation */
export function readAudit(result: wire.AuditResult): AuditResult {
  return {
    kind: "audit",
    ...readVerdict(result),
    cleanAccuracy: optional("clean_accuracy", result.cleanAccuracy, readShare),
    cost: {
      imageGradients: readInteger(
        "image_gradients",
        result.imageGradients,
        0,
        largestCount,
      ),
      exhaustiveImageGradients: readInteger(
        "exhaustive_image_gradients",
        result.exhaustiveImageGradients,
        0,
        largestCount,
      ),
    },
    datasetDigest: readText(
      "dataset_digest",
      result.datasetDigest,
      longestName,
    ),
    backend: readBackend(result.backend),
    warnings: readList("warnings", result.warnings, mostWarnings, (text, at) =>
      readText(at, text, longestText),
    ),
    auditMs: readNumber("audit_ms", result.auditMs),
  };
}

/** @throws FieldViolation */
export function readComparison({
  changed,
  compareMs,
}: wire.CompareAuditsResult): CompareAuditsResult {
  return {
    kind: "compare-audits",
    changed: readList("changed", changed, mostCompared, (audit, at) => ({
      place: readInteger(`${at}.place`, audit.place),
      peers: readInteger(`${at}.peers`, audit.peers),
      ...readVerdict(audit, `${at}.`),
    })),
    compareMs: readNumber("compare_ms", compareMs),
  };
}

/** @param at what stands before the fields' names */
function readVerdict(
  said: Pick<
    wire.AuditResult & wire.ComparedAudit,
    | "document"
    | "verdict"
    | "reason"
    | "probability"
    | "targetClass"
    | "targetClassName"
    | "perturbation"
    | "anomalyIndex"
    | "pValue"
  >,
  at = "",
) {
  const verdict = verdictNames.find((name) => name === said.verdict);
  if (verdict === undefined)
    throw new FieldViolation(
      `${at}verdict`,
      `"${said.verdict.slice(0, 60)}" is none of ${verdictNames.join(", ")}.`,
    );
  return {
    document: readArtifact(said.document, `${at}document`),
    verdict,
    reason: readText(`${at}reason`, said.reason, longestText),
    probability: optional(`${at}probability`, said.probability, readShare),
    targetClass: optional(`${at}target_class`, said.targetClass, readInteger),
    targetClassName:
      readText(`${at}target_class_name`, said.targetClassName, longestName) ||
      null,
    perturbation:
      readText(`${at}perturbation`, said.perturbation, longestName) || null,
    anomalyIndex: optional(`${at}anomaly_index`, said.anomalyIndex, readFinite),
    pValue: optional(`${at}p_value`, said.pValue, readShare),
  };
}

const optional = <Value>(
  field: string,
  value: Value | undefined,
  read: (field: string, value: Value) => Value,
): Value | null => (value === undefined ? null : read(field, value));

/** An index of a class that needs more than the others is below 0. */
const readFinite = (field: string, value: number): number =>
  readNumber(field, value, -Number.MAX_VALUE);
