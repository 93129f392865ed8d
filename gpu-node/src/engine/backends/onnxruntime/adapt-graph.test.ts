import { describe, expect, it } from "vitest";
import type { TensorData } from "../../graph/tensor.ts";
import { casesOf } from "../../ops/cases/all-cases.ts";
import { newGraphBuilder } from "../../ops/table.ts";
import { referenceBackend } from "../reference.ts";
import { adaptGraph } from "./adapt-graph.ts";

const ops = ["Where", "ConvTranspose", "AveragePool", "MaxPool"] as const;

describe.each(ops)("adaptGraph keeps what %s computes", (op) => {
  it.each(casesOf(op))("$title", async ({ inputs, attributes }) => {
    const g = newGraphBuilder();
    const feeds: Record<string, TensorData> = {};
    const values = inputs.map((tensor, index) => {
      feeds[`x${index}`] = tensor!.data;
      return g.input(`x${index}`, tensor!.shape, tensor!.dtype);
    });
    const graph = g.finish(g.addAll(op, values, attributes));
    const adapted = adaptGraph(graph, "webgpu");
    const [expected, given] = await Promise.all(
      [graph, adapted].map(async (each) =>
        (await referenceBackend().compile(each)).run(feeds),
      ),
    );
    for (const [index, { data, dtype, shape }] of expected.entries()) {
      expect(given[index]).toMatchObject({ dtype, shape });
      data.forEach((x, i) => expect(given[index].data[i]).toBeCloseTo(x, 5));
    }
  });
});

it("writes out the places of maxima for WebGPU only, and only where they are read", () => {
  const [{ inputs, attributes }] = casesOf("MaxPool");
  const g = newGraphBuilder();
  const [maxima, places] = g.addAll(
    "MaxPool",
    [g.input("x", inputs[0]!.shape)],
    attributes,
  );
  const whole = g.finish([maxima, places]);
  const maximaOnly = g.finish([maxima]);
  expect(adaptGraph(whole, "cpu")).toBe(whole);
  expect(adaptGraph(maximaOnly, "webgpu")).toBe(maximaOnly);
  expect(adaptGraph(whole, "webgpu").nodes.map(({ op }) => op)).not.toContain(
    "MaxPool",
  );
});
