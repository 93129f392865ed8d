import { expect, it } from "vitest";
import { newGraphBuilder, referenceBackend } from "../engine/index.ts";
import { newOptimizer, type OptimizerSettings } from "./optimizer.ts";

/** What a weight of three numbers is after each of three steps, by the graph in float64. */
async function updatesOf(settings: OptimizerSettings): Promise<number[][]> {
  const optimizer = newOptimizer(settings);
  const g = newGraphBuilder();
  const weight = g.input("weight", [3]);
  const slots = optimizer.slotNames.map((name) => g.input(name, [3]));
  const next = optimizer.addUpdate(
    g,
    { weight, slots },
    g.input("gradient", [3]),
    g.input("rate", []),
    optimizer.scalarNames.map((name) => g.input(name, [])),
    true,
  );
  const executable = await referenceBackend("float64").compile(
    g.finish([next.weight, ...next.slots]),
  );
  let state = [start, ...slots.map(() => [0, 0, 0])];
  const updates: number[][] = [];
  for (const [step, rate] of rates.entries()) {
    const scalars = optimizer.scalarsAt(step);
    const results = await executable.run({
      weight: Float64Array.from(state[0]),
      ...Object.fromEntries(
        optimizer.slotNames.map((name, i) => [
          name,
          Float64Array.from(state[1 + i]),
        ]),
      ),
      gradient: Float64Array.from(gradientsAt(step)),
      rate: Float64Array.of(rate),
      ...Object.fromEntries(
        optimizer.scalarNames.map((name, i) => [
          name,
          Float64Array.of(scalars[i]),
        ]),
      ),
    });
    state = results.map(({ data }) => Array.from(data));
    updates.push(state[0]);
  }
  return updates;
}

const start = [1, -2, 0.5];
const rates = [0.1, 0.3, 0.05];
const gradientsAt = (step: number) => [0.2, -0.4, 1 + step];

it("sgd updates a weight as Nesterov's momentum with weight decay has it, over several steps of different rates", async () => {
  const updates = await updatesOf({
    name: "sgd",
    momentum: 0.9,
    weightDecay: 0.01,
  });
  let w = start;
  let v = [0, 0, 0];
  for (const [step, rate] of rates.entries()) {
    const decayed = gradientsAt(step).map((value, i) => value + 0.01 * w[i]);
    v = v.map((value, i) => 0.9 * value + decayed[i]);
    w = w.map((value, i) => value - rate * (decayed[i] + 0.9 * v[i]));
    // The graph's 0.9 and 0.01 are float32.
    w.forEach((value, i) => expect(updates[step][i]).toBeCloseTo(value, 6));
  }
});

it("adamw updates a weight by corrected means, and decays it beside them", async () => {
  const updates = await updatesOf({ name: "adamw", weightDecay: 0.01 });
  let w = start;
  let [m, u] = [
    [0, 0, 0],
    [0, 0, 0],
  ];
  for (const [step, rate] of rates.entries()) {
    const g = gradientsAt(step);
    m = m.map((value, i) => 0.9 * value + 0.1 * g[i]);
    u = u.map((value, i) => 0.999 * value + 0.001 * g[i] ** 2);
    w = w.map((value, i) => {
      const mean = m[i] / (1 - 0.9 ** (step + 1));
      const square = u[i] / (1 - 0.999 ** (step + 1));
      return value - rate * (mean / (Math.sqrt(square) + 1e-8) + 0.01 * value);
    });
    w.forEach((value, i) => expect(updates[step][i]).toBeCloseTo(value, 5));
  }
});
