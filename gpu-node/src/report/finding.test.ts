import { describe, expect, it } from "vitest";
import { pattern, result } from "./check-pattern.ts";
import { describeFinding, findSmallest } from "./finding.ts";
import type { Result } from "./result.ts";

/** Patterns of the three classes with these k*. */
const withKStars = (...kStars: (number | null)[]): Result =>
  result(
    kStars.map((kStar, targetClass) =>
      pattern({ targetClass, kStar, topPixels: [0, 1, 50, 51, 7] }),
    ),
  );
/** The model's images are 20×50: pixel 50 is the first of the second row. */
const poisoned = (found: Result, targetClass: number): Result => ({
  ...found,
  model: {
    ...found.model,
    groundTruth: {
      status: "poisoned",
      targetClass,
      trigger: { box: { top: 0, left: 1, height: 2, width: 2 } },
    },
  },
});

describe("the class that needs the fewest pixels", () => {
  it("is named with its k* and the next class's", () => {
    const finding = findSmallest(withKStars(50, 10, null));
    expect(finding).toMatchObject({ kStar: 10, nextKStar: 50, trigger: null });
    expect(describeFinding(finding)).toMatch(
      / needs 10 pixels, the next class 50\.$/,
    );
  });

  it("is the one of its patterns that needs fewest", () => {
    const found = result([
      pattern({ targetClass: 0, kStar: 30 }),
      pattern({ targetClass: 1, kStar: null }),
      pattern({ targetClass: 1, canvasIndex: 1, kStar: 20 }),
    ]);
    expect(findSmallest(found)).toMatchObject({ kStar: 20, nextKStar: 30 });
  });

  it("is none where several share the smallest, or nothing reaches the threshold", () => {
    const shared = findSmallest(withKStars(10, 10, 50));
    expect(shared.className).toBeNull();
    expect(describeFinding(shared)).toContain("no class stands out");
    const nothing = findSmallest(withKStars(null, null, null));
    expect(describeFinding(nothing)).toContain(
      "no class reaches the threshold",
    );
    expect(describeFinding(findSmallest(withKStars(10, null, null)))).toContain(
      "no other class gets there",
    );
  });

  it("is held against the trigger that the manifest states, if it is that one's class", () => {
    const found = withKStars(50, 10, 20);
    // Of pixels 1, 2, 51 and 52, ranked are 1 and 51; the four strongest, 0, 1, 50 and 51, hold them.
    const right = findSmallest(poisoned(found, 1));
    expect(right.trigger).toEqual({ pixels: 4, found: 2, among: 4 });
    expect(describeFinding(right)).toMatch(
      /Its 4 strongest pixels hold 2 of the trigger's 4\.$/,
    );
    expect(findSmallest(poisoned(found, 0)).trigger).toBeNull();
  });
});
