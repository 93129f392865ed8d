import { expect, it } from "vitest";
import { newGraphBuilder, referenceBackend } from "../engine/index.ts";
import { addSgdUpdate } from "./optimizer.ts";

it("updates a weight as Nesterov's momentum with weight decay has it, over several steps of different rates", async () => {
  const settings = { momentum: 0.9, weightDecay: 0.01 };
  const g = newGraphBuilder();
  const weight = g.input("weight", [3]);
  const velocity = g.input("velocity", [3]);
  const gradient = g.input("gradient", [3]);
  const learningRate = g.input("rate", []);
  const next = addSgdUpdate(
    g,
    { weight, velocity },
    gradient,
    learningRate,
    settings,
  );
  const executable = await referenceBackend("float64").compile(
    g.finish([next.weight, next.velocity]),
  );
  let w: number[] = [1, -2, 0.5];
  let v: number[] = [0, 0, 0];
  let state = { weight: Float64Array.from(w), velocity: Float64Array.from(v) };
  for (const [step, rate] of [0.1, 0.3, 0.05].entries()) {
    const gradients = [0.2, -0.4, 1 + step];
    const [newWeight, newVelocity] = await executable.run({
      ...state,
      gradient: Float64Array.from(gradients),
      rate: Float64Array.of(rate),
    });
    state = {
      weight: newWeight.data as Float64Array<ArrayBuffer>,
      velocity: newVelocity.data as Float64Array<ArrayBuffer>,
    };
    const decayed = gradients.map((value, i) => value + 0.01 * w[i]);
    v = v.map((value, i) => 0.9 * value + decayed[i]);
    w = w.map((value, i) => value - rate * (decayed[i] + 0.9 * v[i]));
    for (let i = 0; i < 3; i++) {
      // The graph's 0.9 and 0.01 are float32.
      expect(state.weight[i]).toBeCloseTo(w[i], 6);
      expect(state.velocity[i]).toBeCloseTo(v[i], 6);
    }
  }
});
