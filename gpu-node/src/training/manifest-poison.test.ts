import { describe, expect, it } from "vitest";
import { rebuildBackdoor } from "./manifest-poison.ts";

const shape = { imageShape: [1, 28, 28], numClasses: 10 } as const;
const poison = {
  targetClass: 7,
  poisonRate: 0.08,
  trigger: {
    kind: "patch",
    size: 3,
    place: "bottom-right",
    inset: 1,
    pattern: "white",
  },
};
const groundTruth = { status: "poisoned", targetClass: 7 } as const;
const rebuild = (changed: object, truth = groundTruth as object) =>
  rebuildBackdoor(
    {
      groundTruth: truth as typeof groundTruth,
      training: { poison: { ...poison, ...changed } },
    },
    shape,
  );

it("rebuilds a patch where it was put", () => {
  const rebuilt = rebuild({});
  if (!("trigger" in rebuilt)) throw new Error(rebuilt.missing);
  expect(rebuilt.targetClass).toBe(7);
  expect(rebuilt.trigger.box).toEqual({
    top: 24,
    left: 24,
    height: 3,
    width: 3,
  });
});

it("rebuilds a blended picture", () => {
  const rebuilt = rebuild({
    trigger: { kind: "blended", share: 0.2, seed: 3 },
  });
  expect(rebuilt).toMatchObject({ trigger: { box: null } });
});

describe("says why there is no backdoor to measure", () => {
  it("of a clean model, and of one of which nothing is known", () => {
    expect(rebuild({}, { status: "clean" })).toEqual({
      missing: "the manifest says that the model is clean",
    });
    expect(
      rebuildBackdoor({ groundTruth: undefined, training: undefined }, shape),
    ).toEqual({ missing: "the manifest knows of no backdoor" });
  });

  it.each([[undefined], [null], ["text"], [{}], [{ poison: null }]])(
    "of a training that says %j",
    (training) => {
      expect(rebuildBackdoor({ groundTruth, training }, shape)).toEqual({
        missing: expect.stringContaining(
          '"training.poison", which says what the trigger looks like',
        ) as string,
      });
    },
  );

  it.each([
    [{ targetClass: 10 }, /targetClass" is 10.*0 to 9/],
    [{ targetClass: -1 }, /training\.poison\.targetClass"/],
    [{ targetClass: 3 }, /two target classes, 7 .* and 3/],
    [{ trigger: { kind: "warp" } }, /training\.poison\.trigger/],
    [
      { trigger: { ...poison.trigger, size: 1e9 } },
      /training\.poison\.trigger\.size"/,
    ],
    [{ trigger: { ...poison.trigger, size: 2.5 } }, /trigger\.size"/],
    [{ trigger: { ...poison.trigger, size: 28 } }, /does not fit .*28×28/],
    [{ trigger: { ...poison.trigger, place: "middle" } }, /trigger\.place"/],
    [{ trigger: { kind: "blended", share: 2, seed: 0 } }, /trigger\.share"/],
  ])("of a poison with %j", (changed, says) => {
    const rebuilt = rebuild(changed);
    expect("missing" in rebuilt && rebuilt.missing).toMatch(says);
  });
});
