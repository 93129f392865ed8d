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

for (const { title, reason } of candidates.filter(({ backend }) => !backend))
  it.skip(`${title} computes what the reference does [absent: ${reason}]`, () => {});
