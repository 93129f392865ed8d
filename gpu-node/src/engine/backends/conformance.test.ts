/**
 * One suite for all backends and their providers: each computes what the reference does, operator by operator with the
 * operator's gradient. What this machine lacks is skipped, with the reason in the test's name.
 */
import { describe, expect, it } from "vitest";
import { valueAndGrad } from "../autodiff/value-and-grad.ts";
import type { Graph, Value } from "../graph/graph.ts";
import type { OpType } from "../graph/operators.ts";
import type { Tensor, TensorData } from "../graph/tensor.ts";
import { casesOf } from "../ops/cases/all-cases.ts";
import type { OperatorCase } from "../ops/cases/operator-case.ts";
import { sample } from "../ops/check-operator.ts";
import { newGraphBuilder, opTypes, ruleOf } from "../ops/table.ts";
import { optimize } from "../passes/optimize.ts";
import type { Backend } from "./backend.ts";
import { openEveryBackend } from "./check-backends.ts";
import { referenceBackend } from "./reference.ts";

const tolerance = 1e-4;

interface Program {
  readonly graph: Graph;
  readonly feeds: Readonly<Record<string, TensorData>>;
}

/** The case's operator, all its outputs, and its gradients by the float inputs that are fed. */
function programOf(
  op: OpType,
  { inputs, attributes }: OperatorCase,
  isFed: (index: number) => boolean,
): Program {
  const g = newGraphBuilder();
  const feeds: Record<string, TensorData> = {};
  const values = inputs.map((tensor, index) => {
    if (!tensor) return null;
    if (!isFed(index)) return g.constant(tensor);
    feeds[`x${index}`] = tensor.data;
    return g.input(`x${index}`, tensor.shape, tensor.dtype);
  });
  const outputs = g.addAll(op, values, attributes);
  const wrt = values.filter(
    (value): value is Value =>
      value !== null && value.data === undefined && value.dtype === "float32",
  );
  const [first] = outputs;
  if (ruleOf(op).vjp === null || wrt.length === 0 || first.dtype !== "float32")
    return { graph: g.finish(outputs), feeds };
  const weights = g.constant(sample(first.shape, 77));
  const weighted = g.add("Mul", [first, weights], {});
  return {
    graph: valueAndGrad(g.finish([...outputs, weighted]), weighted, wrt),
    feeds,
  };
}

async function run(backend: Backend, { graph, feeds }: Program) {
  const executable = await backend.compile(graph);
  try {
    return await executable.run(feeds);
  } finally {
    await executable.dispose();
  }
}

/** Within the tolerance of the largest finite magnitude; whole numbers, truth values and infinities exactly. */
function expectSame(actual: Tensor, expected: Tensor, name: string): void {
  expect({ dtype: actual.dtype, shape: actual.shape }, name).toEqual({
    dtype: expected.dtype,
    shape: expected.shape,
  });
  const numbers = Array.from(expected.data);
  const scale =
    expected.dtype === "float32"
      ? Math.max(1e-3, ...numbers.filter(Number.isFinite).map(Math.abs))
      : 1;
  const allowed = expected.dtype === "float32" ? tolerance * scale : 0;
  const wrong = numbers.findIndex((number, i) => {
    const given = actual.data[i];
    if (Object.is(number, given) || number === given) return false;
    return !(Math.abs(number - given) <= allowed);
  });
  const found =
    wrong < 0
      ? ""
      : `[${wrong}] is ${actual.data[wrong]}, not ${numbers[wrong]}`;
  expect(found, name).toBe("");
}

const candidates = await openEveryBackend();

it("finds a case of every operator", () => {
  expect(opTypes.filter((op) => casesOf(op).length === 0)).toEqual([]);
});

describe.each(candidates.filter(({ backend }) => backend !== null))(
  "$title computes what the reference does",
  ({ backend }) => {
    describe.each(opTypes)("%s", (op) => {
      it.each(casesOf(op))("$title", async (single) => {
        const isAllFed = [() => true];
        const isFirstFed = (index: number) => index === 0;
        const choices =
          single.inputs.length > 1 ? [...isAllFed, isFirstFed] : isAllFed;
        for (const isFed of choices) {
          const program = programOf(op, single, isFed);
          const expected = await run(referenceBackend(), program);
          const actual = await run(backend!, program);
          expected.forEach((tensor, index) =>
            expectSame(
              actual[index],
              tensor,
              program.graph.outputs[index].name,
            ),
          );
        }
      });
    });
  },
);

/** Layers as classifiers have them, two losses side by side, and gradients by pictures and weights. */
function buildNet(): Program {
  const g = newGraphBuilder();
  const x = g.input("x", [2, 4, 9, 9]);
  const [filter, scale] = [
    g.input("filter", [8, 4, 3, 3]),
    g.input("scale", [1, 8, 1, 1]),
  ];
  const conv = { dilations: [1, 1], pads: [1, 1, 1, 1], group: 1 } as const;
  const first = g.add("Conv", [x, filter], { ...conv, strides: [1, 1] });
  const scaled = g.add(
    "Mul",
    [g.add("Clip", [first], { min: 0, max: 6 }), scale],
    {},
  );
  const [pooled] = g.addAll("MaxPool", [scaled], {
    kernelShape: [3, 3],
    strides: [2, 2],
    pads: [1, 1, 1, 1],
    dilations: [1, 1],
    ceilMode: false,
  });
  const depthwise = g.add(
    "Conv",
    [pooled, g.constant(sample([8, 1, 3, 3], 5)), g.constant(sample([8], 6))],
    { ...conv, strides: [2, 2], group: 8 },
  );
  const gate = g.add("Sigmoid", [depthwise], {});
  const swish = g.add("Mul", [depthwise, gate], {});
  const joined = g.add("Concat", [swish, g.add("Tanh", [depthwise], {})], {
    axis: 1,
  });
  const flat = g.add("Reshape", [joined], { shape: [2, 16 * 9] });
  const logits = g.add("Gemm", [flat, g.constant(sample([16 * 9, 5], 7))], {
    transA: false,
    transB: false,
  });
  const loss = g.add(
    "ReduceSum",
    [g.add("LogSoftmax", [logits], { axis: 1 })],
    {
      axes: [1],
      keepDims: false,
    },
  );
  const wrt = [x, filter, scale];
  return {
    graph: valueAndGrad(g.finish([loss]), loss, wrt),
    feeds: Object.fromEntries(
      wrt.map(({ name, shape }, index) => [
        name,
        sample(shape, index + 1).data,
      ]),
    ),
  };
}

describe.each(candidates.filter(({ backend }) => backend !== null))(
  "$title runs whole nets",
  ({ backend }) => {
    const program = buildNet();
    const optimized = { ...program, graph: optimize(program.graph) };

    it.each([
      ["as differentiated", program],
      ["optimised", optimized],
    ])("a small net and its gradients, %s", async (_, each) => {
      const expected = await run(referenceBackend(), program);
      const actual = await run(backend!, each);
      expected.forEach((tensor, index) =>
        expectSame(actual[index], tensor, program.graph.outputs[index].name),
      );
    });

    it("again and again, with data that stays the caller's", async () => {
      const executable = await backend!.compile(program.graph);
      const first = await executable.run(program.feeds);
      const kept = first.map(({ data }) => [...data]);
      const other = Object.fromEntries(
        Object.entries(program.feeds).map(([name, data]) => [
          name,
          data.map((x) => x / 2),
        ]),
      );
      const second = await executable.run(other);
      const third = await executable.run(program.feeds);
      await executable.dispose();
      first.forEach(({ data }, index) => {
        expect([...data]).toEqual(kept[index]);
        expect([...third[index].data]).toEqual(kept[index]);
      });
      expect([...second[0].data]).not.toEqual(kept[0]);
    });

    it("and refuses feeds that are missing or too short, by name", async () => {
      const executable = await backend!.compile(program.graph);
      const { x, ...rest } = program.feeds;
      await expect(executable.run(rest)).rejects.toThrow("no data for input x");
      await expect(executable.run({ ...rest, x: x.slice(1) })).rejects.toThrow(
        `${x.length - 1} values for input x`,
      );
      await executable.dispose();
    });
  },
);

for (const { title, reason } of candidates.filter(({ backend }) => !backend))
  it.skip(`${title} computes what the reference does [absent: ${reason}]`, () => {});
