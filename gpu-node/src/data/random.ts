/**
 * Random numbers from a seed, the same on every machine: xoshiro128** (Blackman & Vigna, "Scrambled linear pseudorandom
 * number generators", 2021), its state taken from the SHA-256 of the seed's parts.
 */
import { createHash } from "node:crypto";

export interface Random {
  nextUint32(): number;
  /** In [0, 1). */
  next(): number;
  /** A whole number in [0, n), without bias. */
  nextBelow(n: number): number;
  /** Fisher–Yates, in place. */
  shuffle(values: Int32Array): void;
}

export function randomFrom(...seed: readonly (number | string)[]): Random {
  const digest = createHash("sha256").update(JSON.stringify(seed)).digest();
  const state = new Uint32Array(4).map((_, i) => digest.readUInt32LE(4 * i));
  const rotate = (value: number, by: number) =>
    ((value << by) | (value >>> (32 - by))) >>> 0;
  const nextUint32 = () => {
    const result = Math.imul(rotate(Math.imul(state[1], 5), 7), 9) >>> 0;
    const shifted = state[1] << 9;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = rotate(state[3], 11);
    return result;
  };
  const nextBelow = (n: number) => {
    const limit = 2 ** 32 - (2 ** 32 % n);
    for (;;) {
      const value = nextUint32();
      if (value < limit) return value % n;
    }
  };
  return {
    nextUint32,
    next: () => nextUint32() / 2 ** 32,
    nextBelow,
    shuffle(values) {
      for (let i = values.length - 1; i > 0; i--) {
        const j = nextBelow(i + 1);
        const kept = values[i];
        values[i] = values[j]!;
        values[j] = kept;
      }
    },
  };
}

/** Standard normal, by the Box–Muller transform. */
export function nextNormal(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.next()));
  return radius * Math.cos(2 * Math.PI * random.next());
}
