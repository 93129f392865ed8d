import { describe, expect, it } from "vitest";
import { randomFrom } from "../data/index.ts";
import { rebuildBackdoor } from "./manifest-poison.ts";
import { newTrigger, type TriggerSettings } from "./triggers/index.ts";
import type { Trigger } from "./triggers/trigger.ts";

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
const warp = { kind: "warp", grid: 4, strength: 0.5, seed: 3 };
const wave = { kind: "sinusoid", amplitude: 0.1, frequency: 6 };
const groundTruth = { status: "poisoned", targetClass: 7 } as const;
const rebuild = (changed: object, truth = groundTruth as object) =>
  rebuildBackdoor(
    {
      groundTruth: truth as typeof groundTruth,
      training: { poison: { ...poison, ...changed } },
    },
    shape,
  );

/** What a trigger does to an image of noise. */
function applied(trigger: Trigger): Uint8Array {
  const random = randomFrom("image of a rebuilt trigger's test");
  const pixels = new Uint8Array(28 * 28).map(() => random.nextBelow(256));
  trigger.apply(pixels, 0);
  return pixels;
}

it.each([
  [poison.trigger],
  [{ kind: "blended", share: 0.2, seed: 3 }],
  [wave],
  [warp],
] as [TriggerSettings][])("rebuilds %j, to the same bytes", (trigger) => {
  const rebuilt = rebuild({ trigger });
  if (!("trigger" in rebuilt)) throw new Error(rebuilt.missing);
  const original = newTrigger(trigger, shape.imageShape);
  expect(rebuilt.trigger.box).toEqual(original.box);
  expect(applied(rebuilt.trigger)).toEqual(applied(original));
});

it.each([
  ["one that names no labelling", {}, groundTruth, [7, 7]],
  ["all-to-one", { labelling: "all-to-one" }, groundTruth, [7, 7]],
  ["clean-label", { labelling: "clean-label" }, groundTruth, [7, 7]],
  [
    "all-to-all",
    { labelling: "all-to-all", targetClass: undefined },
    { status: "poisoned" },
    [1, 0],
  ],
])("knows what is wanted of %s", (_, changed, truth, wanted) => {
  const rebuilt = rebuild(changed, truth);
  if (!("trigger" in rebuilt)) throw new Error(rebuilt.missing);
  expect([rebuilt.labelOf(0), rebuilt.labelOf(9)]).toEqual(wanted);
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
    [{ targetClass: undefined }, /targetClass" .*all-to-one has one/],
    [{ labelling: "some-to-one" }, /training\.poison\.labelling"/],
    [{ labelling: "all-to-all" }, /target class 7 .*none, all-to-all/],
    [{ trigger: { kind: "warp" } }, /training\.poison\.trigger/],
    [{ trigger: { ...warp, grid: 29 } }, /does not fit .*28×28/],
    [{ trigger: { ...warp, grid: 1e9 } }, /trigger\.grid"/],
    [{ trigger: { ...warp, strength: 0 } }, /trigger\.strength"/],
    [{ trigger: { ...wave, frequency: 14 } }, /does not fit .*28×28/],
    [{ trigger: { ...wave, amplitude: 2 } }, /trigger\.amplitude"/],
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
