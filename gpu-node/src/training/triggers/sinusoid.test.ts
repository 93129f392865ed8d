import { describe, expect, it } from "vitest";
import { newSinusoid } from "./sinusoid.ts";

describe("a sinusoid", () => {
  it("goes through its periods from left to right, the same in every row and channel, and stays within the range", () => {
    // 0.2 · 255 = 51 at the crest of the only period: columns 2 and 6 of 8, and 36 half-way there.
    const trigger = newSinusoid(
      { kind: "sinusoid", amplitude: 0.2, frequency: 1 },
      [3, 8, 8],
    );
    const wave = [0, 36, 51, 36, 0, -36, -51, -36];
    const pixels = new Uint8Array(7 + 3 * 64).fill(100);
    trigger.apply(pixels, 7);
    expect(trigger.box).toBeNull();
    expect([...pixels.subarray(0, 7)]).toEqual(new Array(7).fill(100));
    for (let row = 0; row < 24; row++)
      expect([...pixels.subarray(7 + row * 8, 7 + (row + 1) * 8)]).toEqual(
        wave.map((change) => 100 + change),
      );

    const bright = new Uint8Array(3 * 64).fill(240);
    trigger.apply(bright, 0);
    expect([...bright.subarray(0, 8)]).toEqual([
      240, 255, 255, 255, 240, 204, 189, 204,
    ]);
    const dark = new Uint8Array(3 * 64).fill(10);
    trigger.apply(dark, 0);
    expect([...dark.subarray(0, 8)]).toEqual([10, 46, 61, 46, 10, 0, 0, 0]);
  });

  it("is refused where its periods do not fit, or nothing would be seen of it", () => {
    const refuse = (amplitude: number, frequency: number) =>
      expect(() =>
        newSinusoid({ kind: "sinusoid", amplitude, frequency }, [1, 9, 8]),
      );
    refuse(0.1, 4).toThrow(
      /--sinusoid-frequency 4 does not fit into images of 9×8.*half of the width, 4/,
    );
    refuse(0.001, 1).toThrow(/--sinusoid-amplitude 0.001 .*changes no pixel/);
  });
});
