import { describe, expect, it } from "vitest";
import { logOddsOf, studentQuantile, suspectedAmong } from "./calibration.ts";

describe("where suspicion begins among models of one kind", () => {
  it.each([
    [3, 2.3534],
    [4, 2.1318],
    [9, 1.8331],
    [30, 1.6973],
    [1e9, 1.6449],
  ])("Student's distribution of %i degrees: %f", (degrees, known) => {
    expect(studentQuantile(degrees) / known).toBeCloseTo(1, 2);
  });

  it("mean −2, deviations −1 −1 1 1: variance 4/3, 1 + 1/4, so −2 + 2.353·√(5/3)", () => {
    const threshold = suspectedAmong([-3, -3, -1, -1]);
    expect(logOddsOf(threshold)).toBeCloseTo(
      -2 + studentQuantile(3) * Math.sqrt(5 / 3),
      9,
    );
  });

  it("is exceeded by one in twenty of further models that are like them", () => {
    // Box–Muller over a lattice of low discrepancy: no randomness in the test.
    let at = 0;
    const normal = () => {
      at++;
      const [u, v] = [(at * 0.6180339887) % 1, (at * 0.7548776662) % 1];
      return Math.sqrt(-2 * Math.log(1 - u)) * Math.cos(2 * Math.PI * v);
    };
    const trials = 20_000;
    let exceeded = 0;
    for (let i = 0; i < trials; i++) {
      const references = Array.from({ length: 6 }, () => -1.5 + 0.4 * normal());
      if (-1.5 + 0.4 * normal() > logOddsOf(suspectedAmong(references)))
        exceeded++;
    }
    expect(exceeded / trials).toBeGreaterThan(0.03);
    expect(exceeded / trials).toBeLessThan(0.07);
  });
});
