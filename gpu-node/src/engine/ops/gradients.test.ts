/** Every operator's vector-Jacobian product against central differences, on every case that has one. */
import { describe, expect, it } from "vitest";
import type { OpType } from "../graph/operators.ts";
import { elementCount } from "../graph/tensor.ts";
import { casesOf } from "./cases/all-cases.ts";
import type { OperatorCase } from "./cases/operator-case.ts";
import { expectGradient } from "./check-operator.ts";
import { newGraphBuilder, opTypes, ruleOf } from "./table.ts";

/** Differences cost two runs an element: larger inputs are the conformance suite's. */
const mostElements = 700;

/** Conversions to whole numbers and truth values have no gradient to compare. */
function givesFloats(op: OpType, { inputs, attributes }: OperatorCase) {
  const g = newGraphBuilder();
  const values = inputs.map((tensor) => tensor && g.constant(tensor));
  return g.add(op, values, attributes).dtype === "float32";
}

function isDifferentiable(op: OpType, single: OperatorCase): boolean {
  const { inputs, isAtKink } = single;
  const elements = inputs.map((tensor) => elementCount(tensor?.shape ?? [0]));
  return (
    !isAtKink &&
    inputs.some((tensor) => tensor?.dtype === "float32") &&
    elements.reduce((sum, count) => sum + count, 0) <= mostElements &&
    givesFloats(op, single)
  );
}

const differentiated = opTypes
  .filter((op) => ruleOf(op).vjp !== null)
  .map((op) => ({
    op,
    cases: casesOf(op).filter((each) => isDifferentiable(op, each)),
  }));

it.each(differentiated)("$op has gradient cases", ({ cases }) => {
  expect(cases.length).toBeGreaterThan(0);
});

describe.each(differentiated)("the gradient of $op", ({ op, cases }) => {
  it.each(cases)("$title", async ({ inputs, attributes, step }) => {
    await expectGradient(op, inputs, attributes, { step });
    // With all but one input known, rules fold what is constant and choose other forms.
    const floats = inputs.flatMap((tensor, index) =>
      tensor?.dtype === "float32" ? [index] : [],
    );
    if (floats.length > 1)
      await expectGradient(op, inputs, attributes, {
        step,
        constants: floats.slice(1),
      });
  });
});
