import { describe, expect, it } from "vitest";
import { about, even } from "../audit/check-evidence.ts";
import { fittedRegression } from "../audit/fitted-regression.ts";
import {
  perturbationKinds,
  type PerturbationKind,
} from "../audit/perturbations/perturbation.ts";
import { judge } from "../audit/verdict.ts";
import type { AuditDocument } from "../report/audit.ts";
import { compareWithPeers } from "./compare-with-peers.ts";

const classes = even.map((_, i) => `kind ${i}`);

/** Class 6 needs few pixels in all of them, as some class always does. */
const usualOf = (kind: PerturbationKind) =>
  even.map((each, i) => (kind === "patch" && i === 6 ? 13 : each));

/** Models of a kind do not need quite the same. */
const varied = (needed: number, ...of: readonly number[]) =>
  needed * (1 + 0.04 * Math.sin(of.reduce((sum, each) => 31 * sum + each, 7)));

/** @param changed pixels needed by class, where it is not what is usual */
function document(
  name: string,
  factor: number,
  changed: Partial<Record<number, number>> = {},
  model: Partial<AuditDocument["model"]> = {},
): AuditDocument {
  const given = {
    numClasses: classes.length,
    perturbations: perturbationKinds.map((kind, k) =>
      about(
        kind,
        usualOf(kind).map((each, i) =>
          varied(
            (kind === "patch" ? changed[i] : undefined) ?? factor * each,
            ...[100 * factor, k, i],
          ),
        ),
      ),
    ),
  };
  return {
    schemaVersion: 1,
    model: {
      ...{ name, sha256: name, architecture: "net" },
      ...{ inputShape: [1, 28, 28], numClasses: classes.length },
      ...{ cleanAccuracy: 0.9, cleanAccuracyImages: 100, groundTruth: null },
      ...model,
    },
    dataset: { name: "images", digest: "digest", classes },
    config: {
      ...{ method: "motif", seed: 0, seeds: 2, isExhaustive: false },
      ...{ threshold: 0.9, evaluateImages: 400 },
    },
    backend: { name: "onnxruntime", provider: "cpu", threads: 1 },
    verdict: judge(given, fittedRegression, classes),
    statistics: [],
    evidence: given.perturbations.map((each) => ({
      ...each,
      screened: each.screened.map((answer) => ({
        ...answer,
        anomalyIndex: null,
      })),
      skipped: [],
      finalists: [],
    })),
    triggerOverlap: null,
    cost: { imageGradients: 1, exhaustiveImageGradients: 1 },
  };
}

const clean = [0.9, 0.95, 1, 1.05, 1.1].map((factor, i) =>
  document(`clean ${i}`, factor),
);
const verdicts = (audits: readonly AuditDocument[]) =>
  audits.map(({ verdict }) => verdict.verdict);

describe("the audits of a collection", () => {
  it("show a class that needs no less than others do, but less than it does in the other models", () => {
    const poisoned = document("poisoned", 0.98, { 2: 7 });
    expect(poisoned.verdict.verdict).toBe("no evidence found");
    const compared = compareWithPeers([...clean, poisoned]);
    expect(compared.at(-1)).toMatchObject({
      verdict: { verdict: "backdoor suspected", targetClass: 2 },
      peers: { count: 5, alone: { verdict: "no evidence found" } },
    });
    expect(verdicts(compared.slice(0, -1))).toEqual(
      clean.map(() => "no evidence found"),
    );
    const [patch] = compared.at(-1)!.evidence;
    const indices = patch.screened.map(({ anomalyIndex }) => anomalyIndex ?? 0);
    expect(indices.indexOf(Math.max(...indices))).toBe(2);
  });

  it("are the same when they are compared again, and when they no longer have enough others as they were alone", () => {
    const audits = [...clean, document("poisoned", 0.98, { 2: 7 })];
    const once = compareWithPeers(audits);
    expect(compareWithPeers(once)).toEqual(once);
    const [apart] = compareWithPeers([once.at(-1)!]);
    expect(apart.peers).toBeUndefined();
    expect(apart.verdict).toEqual(audits.at(-1)!.verdict);
  });

  it("neither suspect nor acquit a model that is suspected without them where all answer alike", () => {
    const alike = [0.9, 0.95, 1, 1.05, 1.1, 1.15].map((factor, i) =>
      document(`poisoned ${i}`, factor, { 6: 24 * factor, 7: 2 * factor }),
    );
    expect(new Set(verdicts(alike))).toEqual(new Set(["backdoor suspected"]));
    for (const { verdict, peers } of compareWithPeers(alike)) {
      expect(verdict).toMatchObject({
        verdict: "inconclusive",
        targetClass: 7,
      });
      expect(verdict.probability).toBeLessThan(0.5);
      expect(verdict.reason).toContain("either they carry it too");
      expect(peers?.alone.verdict).toBe("backdoor suspected");
    }
  });

  it("are not compared with copies of themselves", () => {
    const copies = Array.from({ length: 7 }, () => document("one", 1));
    expect(compareWithPeers(copies)).toEqual(copies);
    const [first, ...others] = compareWithPeers([...clean, ...copies]);
    expect(first.peers?.count).toBe(5);
    expect(others.map(({ peers }) => peers?.count)).toEqual(
      others.map(() => 5),
    );
  });

  it("are compared with their own architecture and number of classes only", () => {
    const other = document("other", 1, { 2: 4 }, { architecture: "other net" });
    const unknown = document("old", 1, { 2: 4 }, { architecture: undefined });
    const lost: AuditDocument = { ...document("lost", 1), evidence: [] };
    const compared = compareWithPeers([...clean, other, unknown, lost]);
    expect(compared.slice(-3)).toEqual([other, unknown, lost]);
    expect(compared.map(({ peers }) => peers)).toEqual(
      compared.map(() => undefined),
    );
  });
});
