import { describe, expect, it } from "vitest";
import { newPatch } from "./patch.ts";

const patch = {
  kind: "patch",
  size: 2,
  place: "bottom-right",
  inset: 1,
  pattern: "checker",
} as const;

describe("a patch", () => {
  it("changes exactly its box, in every channel", () => {
    const trigger = newPatch(patch, [2, 6, 5]);
    expect(trigger.box).toEqual({ top: 3, left: 2, height: 2, width: 2 });
    const pixels = new Uint8Array(3 * 60).fill(7);
    trigger.apply(pixels, 60);
    const expected = new Uint8Array(3 * 60).fill(7);
    for (const channel of [0, 1]) {
      const at = (row: number, column: number) =>
        60 + channel * 30 + row * 5 + column;
      expected[at(3, 2)] = expected[at(4, 3)] = 255;
      expected[at(3, 3)] = expected[at(4, 2)] = 0;
    }
    expect(pixels).toEqual(expected);
  });

  it.each([
    ["top-left", 1, 1],
    ["top-right", 1, 7],
    ["bottom-left", 7, 1],
    ["centre", 4, 4],
  ] as const)("goes to the %s", (place, top, left) => {
    const { box } = newPatch({ ...patch, place }, [1, 10, 10]);
    expect(box).toMatchObject({ top, left });
  });

  it("is refused where it does not fit", () => {
    expect(() => newPatch({ ...patch, size: 5 }, [1, 5, 9])).toThrow(
      /--trigger-size 5 with --trigger-inset 1 does not fit into images of 5×9/,
    );
  });
});
