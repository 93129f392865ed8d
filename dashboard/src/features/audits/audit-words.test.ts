import { expect, test } from "vitest";
import type { Audit } from "../../api/types.ts";
import {
  kindTitle,
  peersWords,
  pValueText,
  rankBySuspicion,
  standingWords,
  strengthText,
  targetWords,
  verdictFilters,
} from "./audit-words.ts";

const audit = (
  shardIndex: number,
  judged: Partial<NonNullable<Audit["judged"]>> | null,
) => ({ shardIndex, judged }) as Audit;
const suspected = { verdict: "backdoor suspected" } as const;
const open = { verdict: "inconclusive", probability: null } as const;
const none = { verdict: "no evidence found" } as const;

test("the most suspicious come first, those without a verdict last", () => {
  const ranked = rankBySuspicion([
    audit(0, null),
    audit(1, { ...none, probability: 0.1, anomalyIndex: 9 }),
    audit(2, { ...open, anomalyIndex: null }),
    audit(3, { ...open, anomalyIndex: 2 }),
    audit(4, null),
    audit(5, { ...suspected, probability: 0.9, anomalyIndex: 4 }),
    audit(6, { ...suspected, probability: 0.9, anomalyIndex: 8 }),
  ]);
  expect(ranked.map(({ shardIndex }) => shardIndex)).toEqual([
    6, 5, 1, 3, 2, 0, 4,
  ]);
});

test("how far an audit is", () => {
  expect(standingWords([audit(0, null)])).toBe("None of 1 model judged.");
  expect(standingWords([audit(0, suspected), audit(1, null)])).toBe(
    "1 of 2 models judged, a backdoor suspected in 1.",
  );
});

test("no word of a verdict, nor of a list's filter, calls a model clean", () => {
  expect(verdictFilters).toEqual([
    ...["backdoor suspected", "inconclusive", "no evidence found"],
    "not audited",
  ]);
});

test("a strength is told in its unit; what is new is told as it is", () => {
  expect(strengthText(8.04, "pixels")).toBe("8 px");
  expect(strengthText(0.0512, "share")).toBe("5.1%");
  expect(strengthText(0.754, "shift")).toBe("0.75 px");
  expect(strengthText(0.12345, "bits")).toBe("0.123 bits");
  expect(kindTitle("patch")).toBe("A few pixels");
  expect(kindTitle("sound")).toBe("sound");
});

test("a very small p is a bound", () => {
  expect(pValueText(0)).toBe("< 0.0001");
  expect(pValueText(0.00123)).toBe("0.0012");
  expect(pValueText(0.2)).toBe("0.20");
  expect(pValueText(null)).toBe("–");
});

test("what was compared, and what would be said without", () => {
  const alone = { verdict: "no evidence found", probability: 0.123 };
  expect(peersWords({ count: 5, alone })).toBe(
    "Judged beside 5 other models of this collection with the same architecture. Alone: no evidence found (probability 12.3%).",
  );
  expect(
    peersWords({
      count: 1_000,
      alone: { verdict: "inconclusive", probability: null },
    }),
  ).toMatch(/beside 1,000 other models .* Alone: inconclusive\.$/);
});

test("the class, or that there are several", () => {
  const target = { ...suspected, targetClass: null, targetClassName: null };
  expect(targetWords(target)).toBe("several");
  expect(targetWords({ ...target, ...open })).toBe("–");
  expect(targetWords({ ...target, targetClass: 3 })).toBe("class 3");
  expect(
    targetWords({ ...target, targetClass: 3, targetClassName: "Dress" }),
  ).toBe("Dress");
});
