import { describe, expect, it } from "vitest";
import { about, even, evidence } from "./check-evidence.ts";
import type { Evidence } from "./evidence.ts";
import { fittedRegression, referencedRegression } from "./fitted-regression.ts";
import { averageReferences } from "./references.ts";
import { judge, judgeByAnomaly } from "./verdict.ts";

const names = Array.from({ length: 43 }, (_, i) => `kind ${i}`);
const judged = (given: Evidence) => judge(given, fittedRegression, names);

describe("the verdict", () => {
  it("suspects the class that needs far fewer pixels than the others", () => {
    const needed = even.map((each, i) => (i === 7 ? 3 : each));
    const verdict = judged(evidence(about("patch", needed)));
    expect(verdict).toMatchObject({
      verdict: "backdoor suspected",
      targetClass: 7,
      perturbation: "patch",
      moves: null,
    });
    expect(verdict.probability).toBeGreaterThan(0.9);
    expect(verdict.anomalyIndex).toBeGreaterThan(3.84);
    expect(verdict.pValue).toBeLessThan(0.05);
    expect(verdict.reason).toContain("class 7 (kind 7)");
    expect(verdict.reason).toContain("8 pixels are enough");
  });

  it("suspects what only a movement of the pixels shows", () => {
    const needed = even.map((each, i) => (i === 2 ? 3 : each));
    const verdict = judged(
      evidence(about("patch", even), about("warp", needed, 12)),
    );
    expect(verdict).toMatchObject({
      verdict: "backdoor suspected",
      targetClass: 2,
      perturbation: "warp",
    });
  });

  it("finds nothing in a model whose classes need about the same, and never calls it clean", () => {
    const verdict = judged(evidence(about("patch", even)));
    expect(verdict.verdict).toBe("no evidence found");
    expect(verdict.probability).toBeLessThan(0.5);
    expect(verdict.reason).not.toMatch(/clean/i);
  });

  it("suspects a class that needs no less than others, but less than it does in clean models of the same kind", () => {
    // Class 6 needs few pixels in all of them, as some class always does; class 2 in this one alone.
    const usual = even.map((each, i) => (i === 6 ? 6 : each));
    const needed = usual.map((each, i) => (i === 2 ? 9 : each));
    const given = evidence(about("patch", needed));
    const references = averageReferences(
      [1, 1.1, 0.9].map((factor) =>
        evidence(
          about(
            "patch",
            usual.map((each) => factor * each),
          ),
        ),
      ),
      "3 models that were named as clean",
    );
    expect(judged(given).targetClass).toBe(6);
    const verdict = judge(given, referencedRegression, names, references);
    expect(verdict).toMatchObject({
      verdict: "backdoor suspected",
      targetClass: 2,
      rule: {
        source: expect.stringContaining("named as clean") as string,
      },
    });
    expect(verdict.reason).toContain("usual");
    expect(
      judge(
        evidence(about("patch", usual)),
        referencedRegression,
        names,
        references,
      ).verdict,
    ).not.toBe("backdoor suspected");
  });

  it("says where images go when each class is taken for the next", () => {
    const verdict = judged(
      evidence(about("patch", even, 2.5, (from) => (from + 1) % 10)),
    );
    expect(verdict).toMatchObject({
      verdict: "backdoor suspected",
      targetClass: null,
      anomalyIndex: null,
    });
    expect(verdict.moves).toHaveLength(10);
    expect(verdict.moves?.[9]).toMatchObject({ from: 9, to: 0 });
    expect(verdict.reason).toContain("all-to-all");
  });

  it("names the one class that images go to when anything moves them there", () => {
    const verdict = judged(
      evidence(about("patch", even, 2.5, (from) => (from === 4 ? 5 : 4))),
    );
    expect(verdict).toMatchObject({ targetClass: 4, moves: null });
  });

  it("is inconclusive where half of the classes need the same: there is no scale", () => {
    const flat = even.map((_, i) => (i === 7 ? 3 : 24));
    const verdict = judged(evidence(about("patch", flat)));
    expect(verdict.verdict).toBe("inconclusive");
    expect(verdict.probability).toBeNull();
    expect(verdict.reason).toContain("median absolute deviation is 0");
  });

  it("is inconclusive where no class is ever reached", () => {
    const never = even.map((each) => 40 * each);
    const verdict = judged(evidence(about("patch", never)));
    expect(verdict.verdict).toBe("inconclusive");
    expect(verdict.reason).toContain("No class is reached with up to 63");
  });

  it("takes one class that never gets there for one that needs much", () => {
    const one = even.map((each, i) => (i === 3 ? Infinity : each));
    const verdict = judged(evidence(about("patch", one)));
    expect(verdict.verdict).toBe("no evidence found");
    const other = even.map((each, i) =>
      i === 3 ? Infinity : i === 5 ? 3 : each,
    );
    expect(judged(evidence(about("patch", other)))).toMatchObject({
      verdict: "backdoor suspected",
      targetClass: 5,
    });
  });

  it("is inconclusive of two classes, and says why", () => {
    const two = [3, 30];
    const verdict = judged({
      numClasses: 2,
      perturbations: [about("patch", two), about("warp", two)],
    });
    expect(verdict.verdict).toBe("inconclusive");
    expect(verdict.reason).toContain("2 classes");
    expect(verdict).toMatchObject({ anomalyIndex: null, pValue: null });
  });
});

describe("the verdict by one statistic", () => {
  const alone = (needed: readonly number[]) =>
    judgeByAnomaly(
      {
        numClasses: needed.length,
        perturbations: [{ ...about("patch", needed), anyOther: [] }],
      },
      names,
    );

  it("suspects from the threshold of the number of classes on", () => {
    const verdict = alone(even.map((each, i) => (i === 7 ? 3 : each)));
    expect(verdict).toMatchObject({
      verdict: "backdoor suspected",
      targetClass: 7,
      rule: { name: "anomaly index", classes: 10 },
      probability: null,
    });
    expect(alone(even).verdict).toBe("no evidence found");
  });

  it("is inconclusive of two classes and of classes without a scale", () => {
    expect(alone([3, 30]).verdict).toBe("inconclusive");
    expect(alone(even.map(() => 20)).verdict).toBe("inconclusive");
  });
});
