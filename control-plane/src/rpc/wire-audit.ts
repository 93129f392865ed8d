/** Results of audits, wire to plain. */
import type * as wire from "@motif/proto";
import { verdictNames, type AuditResult } from "../shards/shard-result.ts";
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

/** @throws FieldViolation */
export function readAudit(result: wire.AuditResult): AuditResult {
  const verdict = verdictNames.find((name) => name === result.verdict);
  if (verdict === undefined)
    throw new FieldViolation(
      "verdict",
      `"${result.verdict.slice(0, 60)}" is none of ${verdictNames.join(", ")}.`,
    );
  const optional = <Value>(
    field: string,
    value: Value | undefined,
    read: (field: string, value: Value) => Value,
  ): Value | null => (value === undefined ? null : read(field, value));
  return {
    kind: "audit",
    document: readArtifact(result.document, "document"),
    verdict,
    reason: readText("reason", result.reason, longestText),
    probability: optional("probability", result.probability, readShare),
    targetClass: optional("target_class", result.targetClass, readInteger),
    targetClassName:
      readText("target_class_name", result.targetClassName, longestName) ||
      null,
    perturbation:
      readText("perturbation", result.perturbation, longestName) || null,
    anomalyIndex: optional("anomaly_index", result.anomalyIndex, readFinite),
    pValue: optional("p_value", result.pValue, readShare),
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

/** An index of a class that needs more than the others is below 0. */
const readFinite = (field: string, value: number): number =>
  readNumber(field, value, -Number.MAX_VALUE);
