import type { AuditResult, ComparedAudit } from "@motif/proto";
import { describe, expect, test } from "vitest";
import { FieldViolation } from "./status.ts";
import { fromWireShardResult } from "./wire-shard-result.ts";

const result: AuditResult = {
  document: { sha256: "a".repeat(64), bytes: 12 },
  verdict: "backdoor suspected",
  reason: "few pixels lead anywhere",
  probability: 0.97,
  targetClass: 7,
  targetClassName: "Sneaker",
  perturbation: "patch",
  anomalyIndex: -0.5,
  pValue: 0.01,
  cleanAccuracy: 0.9,
  imageGradients: 26_400,
  exhaustiveImageGradients: 111_000,
  datasetDigest: "d",
  backend: { name: "reference", provider: "cpu", threads: 1 },
  warnings: ["odd"],
  auditMs: 12.5,
};
const read = (changes: Partial<AuditResult> = {}) =>
  fromWireShardResult({
    kind: { $case: "audit", value: { ...result, ...changes } },
  });

describe("an audit's result", () => {
  test("has its costs together", () => {
    const { imageGradients, exhaustiveImageGradients, ...rest } = result;
    expect(read()).toEqual({
      ...{ kind: "audit", ...rest },
      cost: { imageGradients, exhaustiveImageGradients },
    });
  });

  test("may say nothing of a class, and of no model that it is clean", () => {
    const nothing = {
      ...{ probability: undefined, targetClass: undefined, pValue: undefined },
      ...{ anomalyIndex: undefined, cleanAccuracy: undefined },
      ...{ targetClassName: "", perturbation: "", verdict: "inconclusive" },
    };
    expect(read(nothing)).toMatchObject({
      ...{ probability: null, targetClass: null, pValue: null },
      ...{ anomalyIndex: null, cleanAccuracy: null, perturbation: null },
      targetClassName: null,
    });
    expect(() => read({ verdict: "clean" })).toThrow(FieldViolation);
  });

  test.each<[string, Partial<AuditResult>]>([
    ["document", { document: undefined }],
    ["document.sha256", { document: { sha256: "b", bytes: 1 } }],
    ["probability", { probability: NaN }],
    ["probability", { probability: 1.1 }],
    ["target_class", { targetClass: 1.5 }],
    ["anomaly_index", { anomalyIndex: Infinity }],
    ["p_value", { pValue: -0.1 }],
    ["clean_accuracy", { cleanAccuracy: 2 }],
    ["image_gradients", { imageGradients: -1 }],
    ["audit_ms", { auditMs: NaN }],
    ["reason", { reason: "\0" }],
    ["backend", { backend: undefined }],
  ])("is refused for its %s", (field, changes) => {
    expect(() => read(changes)).toThrow(
      expect.objectContaining({ field }) as Error,
    );
  });
});

describe("what came of a comparison", () => {
  const changed: ComparedAudit = {
    ...{ place: 3, peers: 5, document: { sha256: "a".repeat(64), bytes: 12 } },
    ...{ verdict: "no evidence found", reason: "alike", probability: 0.02 },
    ...{ targetClass: undefined, targetClassName: "", perturbation: "" },
    ...{ anomalyIndex: 1.5, pValue: 0.4 },
  };
  const readChanged = (changes: Partial<ComparedAudit> = {}) =>
    fromWireShardResult({
      kind: {
        $case: "compareAudits",
        value: { changed: [{ ...changed, ...changes }], compareMs: 2 },
      },
    });

  test("is read as audits are", () => {
    expect(readChanged()).toEqual({
      kind: "compare-audits",
      changed: [
        {
          ...changed,
          ...{ targetClass: null, targetClassName: null, perturbation: null },
        },
      ],
      compareMs: 2,
    });
  });

  test.each<[string, Partial<ComparedAudit>]>([
    ["place", { place: 0.5 }],
    ["peers", { peers: -1 }],
    ["document", { document: undefined }],
    ["verdict", { verdict: "clean" }],
    ["probability", { probability: 2 }],
  ])("is refused for its %s", (field, changes) => {
    expect(() => readChanged(changes)).toThrow(
      expect.objectContaining({ field: `changed[0].${field}` }) as Error,
    );
  });
});
