/** The values are recorded: a change of them would silently change every search that was ever seeded. */
import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { randomFrom } from "./random.ts";

it("gives the recorded numbers for a seed", () => {
  const random = randomFrom("search", 7);
  expect(Array.from({ length: 4 }, () => random.nextUint32()))
    .toMatchInlineSnapshot(`
    [
      3684703189,
      3243035672,
      3438822030,
      4175394142,
    ]
  `);
  expect(random.next()).toMatchInlineSnapshot(`0.698197842342779`);
  expect(Array.from({ length: 8 }, () => random.nextBelow(10)))
    .toMatchInlineSnapshot(`
    [
      0,
      6,
      4,
      4,
      3,
      0,
      7,
      5,
    ]
  `);
});

it("shuffles in the recorded order", () => {
  const values = Int32Array.from({ length: 12 }, (_, i) => i);
  randomFrom("shuffle", 0).shuffle(values);
  expect([...values]).toMatchInlineSnapshot(`
    [
      0,
      10,
      4,
      2,
      6,
      3,
      11,
      7,
      5,
      9,
      8,
      1,
    ]
  `);
});

it("agrees with the generator as its authors describe it, in exact arithmetic", () => {
  const digest = createHash("sha256")
    .update(JSON.stringify(["oracle", 3]))
    .digest();
  let [a, b, c, d] = [0, 4, 8, 12].map((at) => BigInt(digest.readUInt32LE(at)));
  const wrap = (value: bigint) => value & 0xffffffffn;
  const rotate = (value: bigint, by: bigint) =>
    wrap(value << by) | (value >> (32n - by));
  const random = randomFrom("oracle", 3);
  for (let i = 0; i < 1000; i++) {
    const expected = wrap(rotate(wrap(b * 5n), 7n) * 9n);
    const shifted = wrap(b << 9n);
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11n);
    expect(random.nextUint32()).toBe(Number(expected));
  }
});

it("tells seeds apart that would read the same one after another", () => {
  const first = (...seed: (number | string)[]) =>
    randomFrom(...seed).nextUint32();
  const values = [
    first("a", 1, 2),
    first("a", 12),
    first("a1", 2),
    first("a", "12"),
    first("a", 2, 1),
  ];
  expect(new Set(values).size).toBe(values.length);
});

it("draws below n evenly: chi-square under its 99.9% point", () => {
  const random = randomFrom("even");
  const counts = new Float64Array(7);
  for (let i = 0; i < 70_000; i++) counts[random.nextBelow(7)]++;
  const chiSquare = counts.reduce(
    (sum, n) => sum + (n - 10_000) ** 2 / 10_000,
    0,
  );
  expect(chiSquare).toBeLessThan(22.46);
});

it("puts every value at every place equally often", () => {
  const random = randomFrom("permutations");
  const counts = new Map<string, number>();
  for (let i = 0; i < 24_000; i++) {
    const values = Int32Array.of(0, 1, 2, 3);
    random.shuffle(values);
    const key = values.join("");
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  expect(counts.size).toBe(24);
  const chiSquare = [...counts.values()].reduce(
    (sum, n) => sum + (n - 1000) ** 2 / 1000,
    0,
  );
  expect(chiSquare).toBeLessThan(49.73);
});
