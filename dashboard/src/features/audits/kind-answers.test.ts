import { expect, test } from "vitest";
import type { KindEvidence } from "./audit-document.ts";
import {
  classNeeds,
  findingOf,
  shownPoint,
  strengthLines,
} from "./kind-answers.ts";

const curve = [2, 4, 8].map((strength) => ({
  ...{ strength, power: strength / 10 },
  wilson95: [0, 1] as [number, number],
}));
const screened = (targetClass: number, needs: number) => ({
  ...{ targetClass, curve, seed: 0, n: 100, baseRate: 0, anomalyIndex: null },
  ...{ logStrength: Math.log(needs), strengthAtThreshold: null },
});
type Finalist = KindEvidence["finalists"][number];
const finalist = (targetClass: number, needs: number, seed: number) =>
  ({
    ...screened(targetClass, needs),
    seed,
    bySource: [],
    pictures: null,
  }) as Finalist;
const evidence = {
  screened: [screened(0, 8), screened(1, 2), screened(2, 16), screened(3, 8)],
  finalists: [finalist(0, 7, 0), finalist(0, 5, 1), finalist(1, 2, 0)],
};

test("classes by what they need, as bars from the weakest strength tried", () => {
  const needs = classNeeds(evidence);
  expect(needs.map(({ targetClass }) => targetClass)).toEqual([1, 0, 3, 2]);
  expect(needs.map(({ starts }) => starts)).toEqual([1, 2, 0, 0]);
  expect(needs[1]?.strength).toBeCloseTo(8);
  // From 2 to 16 there are three doublings.
  expect(needs.map(({ length }) => Math.round(length * 3))).toEqual([
    0, 2, 2, 3,
  ]);
  const alike = [screened(0, 2), screened(1, 2)];
  expect(classNeeds({ screened: alike, finalists: [] })[0]?.length).toBe(1);
});

test("what stands out comes first, whatever it needs", () => {
  const indices = [0.5, null, 3, -1];
  const compared = evidence.screened.map((answer, i) => ({
    ...answer,
    anomalyIndex: indices[i] ?? null,
  }));
  const needs = classNeeds({ ...evidence, screened: compared });
  expect(needs.map(({ targetClass }) => targetClass)).toEqual([2, 0, 1, 3]);
});

test("classes searched at length stand before the others, the strongest in front", () => {
  const lines = strengthLines(evidence);
  expect(
    lines.map(({ targetClass, isNamed }) => [targetClass, isNamed]),
  ).toEqual([
    [3, false],
    [2, false],
    [0, true],
    [1, true],
  ]);
  const short = strengthLines({ ...evidence, finalists: [] });
  expect(short.at(-1)).toMatchObject({ targetClass: 1, isNamed: true });
  expect(short.filter(({ isNamed }) => isNamed)).toHaveLength(1);
});

test("a finding is shown where it reaches the threshold, else at the most that was tried", () => {
  expect(shownPoint({ curve, strengthAtThreshold: 4 }).strength).toBe(4);
  expect(shownPoint({ curve, strengthAtThreshold: null }).strength).toBe(8);
  const pictures = { finding: "a", original: "b", changed: "c" };
  const shown = { ...finalist(1, 2, 1), pictures };
  const finalists = [...evidence.finalists, shown];
  expect(findingOf({ finalists }, 1)).toBe(shown);
  expect(findingOf({ finalists }, 0)).toBeUndefined();
});
