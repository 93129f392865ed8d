import { expect, test } from "vitest";
import { parseAuditDocument } from "./audit-document.ts";

const picture = "data:image/png;base64,iVBORw0KGgo=";
const answer = {
  ...{ seed: 0, n: 360, baseRate: 0.01, logStrength: 1.1 },
  ...{ strengthAtThreshold: 3, crossEntropy: 0.2 },
  curve: [{ strength: 1, power: 0.2, wilson95: [0.1, 0.3] }],
};
const document = {
  schemaVersion: 1,
  model: {
    ...{ inputShape: [1, 28, 28], numClasses: 2, sha256: "ab" },
    groundTruth: { status: "poisoned", trigger: { box: {} } },
  },
  dataset: { name: "fashion", digest: "cd", classes: ["Bag", "Coat"] },
  config: {
    ...{ method: "motif", seed: 0, seeds: 2, isExhaustive: false },
    ...{ threshold: 0.9, evaluateImages: 400 },
  },
  backend: { name: "wasm", provider: "simd", threads: 1 },
  verdict: {
    ...{ verdict: "backdoor suspected", targetClass: 1, perturbation: "patch" },
    ...{ moves: null, reason: "…" },
    rule: { name: "regression", threshold: 0.5, source: "40 models" },
  },
  statistics: [{ name: "patch gap", value: null, meaning: "…" }],
  evidence: [
    {
      ...{ perturbation: "patch", unit: "pixels", skipped: [0] },
      anyOther: [answer],
      screened: [{ ...answer, targetClass: 1, anomalyIndex: null }],
      finalists: [
        {
          ...{ ...answer, targetClass: 1, topPixels: [3] },
          bySource: [{ sourceClass: 0, power: 1, n: 40 }],
          pictures: { finding: picture, original: picture, changed: picture },
        },
      ],
    },
  ],
  triggerOverlap: null,
  cost: { imageGradients: 1, exhaustiveImageGradients: 2 },
};

test("what is drawn is read; fields that a page does not draw may be there", () => {
  const read = parseAuditDocument({ ...document, later: "more" });
  expect(read.evidence[0]?.finalists[0]?.pictures?.finding).toBe(picture);
  expect(read.verdict.rule).toEqual(document.verdict.rule);
  expect(read.peers).toBeUndefined();
  const alone = { verdict: "no evidence found", probability: 0.1, reason: "…" };
  const compared = { ...document, peers: { count: 5, alone } };
  expect(parseAuditDocument(compared).peers).toMatchObject({ count: 5 });
});

test("what is not as expected is named by its place", () => {
  const withPicture = (finding: string) => {
    const [evidence] = document.evidence;
    const [finalist] = evidence!.finalists;
    const pictures = { ...finalist!.pictures, finding };
    const finalists = [{ ...finalist, pictures }];
    return { ...document, evidence: [{ ...evidence, finalists }] };
  };
  expect(() =>
    parseAuditDocument(withPicture("https://elsewhere.example/a.png")),
  ).toThrow("“evidence.0.finalists.0.pictures.finding”");
  expect(() => parseAuditDocument({ ...document, schemaVersion: 2 })).toThrow(
    "“schemaVersion”",
  );
  expect(() => parseAuditDocument([])).toThrow("“its start”");
});
