import { expect, it } from "vitest";
import { upsampleBicubically } from "./bicubic.ts";

it("keeps the values at their places, and what is flat", () => {
  const values = Float64Array.from([1, -2, 3, 0, 5, -1, 2, 2, -4]);
  const large = upsampleBicubically(values, 3, 9, 5);
  values.forEach((value, i) => {
    const [row, column] = [Math.floor(i / 3) * 4, (i % 3) * 2];
    expect(large[row * 5 + column]).toBeCloseTo(value, 12);
  });
  const flat = upsampleBicubically(new Float64Array(16).fill(0.3), 4, 28, 31);
  for (const value of flat) expect(value).toBeCloseTo(0.3, 12);
});

it("half-way weighs the four around by -3/32, 19/32, 19/32, -3/32, the edges repeated", () => {
  // In each row the same: 0, 0, 32, 0.
  const values = Float64Array.from({ length: 16 }, (_, i) =>
    i % 4 === 2 ? 32 : 0,
  );
  const wide = upsampleBicubically(values, 4, 4, 7);
  for (let row = 0; row < 4; row++)
    expect([...wide.subarray(row * 7, row * 7 + 7)]).toEqual([
      0, -3, 0, 19, 32, 19, 0,
    ]);
});

it("weighs by Keys' kernel of a = -0.75 where sizes are no multiples", () => {
  // At 2/3: 17/54 of the first with its repetition outside, 43/54 of the second, -6/54 of the third.
  const parts = [17, 43, -6];
  parts.forEach((part, input) => {
    const values = new Float64Array(9);
    values[input] = 54;
    const row = upsampleBicubically(values, 3, 2, 4).subarray(0, 4);
    expect(row[1]).toBeCloseTo(part, 12);
    expect(row[2]).toBeCloseTo(parts[2 - input], 12);
  });
});
