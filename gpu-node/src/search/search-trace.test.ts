import { expect, it } from "vitest";
import { emptyTrace, tracedSteps, traceStep } from "./search-trace.ts";

it.each([1, 2, 30, 63, 64, 65, 100, 500, 10_000])(
  "of %i steps, 64 at most are traced, evenly, with the first and the last",
  (steps) => {
    const traced = [...tracedSteps(steps)];
    expect(traced).toHaveLength(Math.min(64, steps));
    expect(traced[0]).toBe(1);
    expect(traced.at(-1)).toBe(steps);
    const gaps = traced.slice(1).map((step, i) => step - traced[i]);
    for (const gap of gaps) {
      expect(gap).toBeGreaterThanOrEqual(1);
      expect(gap).toBeLessThanOrEqual(Math.ceil((steps - 1) / 63));
    }
  },
);

it("a step adds its number, its loss and the sum of its mask, and leaves the trace before as it was", () => {
  const first = traceStep(emptyTrace, {
    step: 1,
    loss: 2.5,
    mask: Float32Array.of(0.5, 0.25),
  });
  const second = traceStep(first, {
    step: 9,
    loss: 1.5,
    mask: Float32Array.of(0, 1),
  });
  expect(first).toEqual({ steps: [1], loss: [2.5], maskL1: [0.75] });
  expect(second).toEqual({
    steps: [1, 9],
    loss: [2.5, 1.5],
    maskL1: [0.75, 1],
  });
  expect(emptyTrace).toEqual({ steps: [], loss: [], maskL1: [] });
});
