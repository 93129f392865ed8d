/**
 * For tests: an ONNX file is run twice, as it stands by ONNX Runtime, and by the reference kernels once it has been
 * lowered to our operators. The two share no code.
 */
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { expect } from "vitest";
import { referenceBackend } from "../backends/reference.ts";
import type { Value } from "../graph/graph.ts";
import { elementCount, type Tensor } from "../graph/tensor.ts";
import { sequence } from "../ops/check-operator.ts";
import { newGraphBuilder } from "../ops/table.ts";
import {
  floatTensor,
  writeOnnx,
  type FileNode,
  type FileTensor,
  type OnnxFile,
} from "./check-onnx-file.ts";
import { FoldingBudget } from "./lower/folding-budget.ts";
import { lowerGraph } from "./lower/lower-graph.ts";
import { readModel } from "./model-proto.ts";

/** Lowers a file of any inputs and outputs; every input shape is fixed. */
export function lowerFile(file: OnnxFile): {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly run: () => Promise<Tensor[]>;
  readonly feeds: Readonly<Record<string, Float32Array>>;
} {
  const budget = new FoldingBudget(0);
  const g = newGraphBuilder((...node) => budget.spend(...node));
  const inputs = (file.inputs ?? []).map(({ name, shape }) =>
    g.input(name, shape as readonly number[]),
  );
  const { graph, opsets } = readModel(writeOnnx(file), "model.onnx");
  const outputs = lowerGraph(
    graph,
    new Map(inputs.map((value) => [value.name, value])),
    { g, opset: opsets.get("") ?? 0, model: "model.onnx", budget },
  );
  const feeds = Object.fromEntries(
    inputs.map(({ name, shape }, index) => [
      name,
      sequence(elementCount(shape), index + 1),
    ]),
  );
  const run = async () =>
    (await referenceBackend().compile(g.finish(outputs))).run(feeds);
  return { inputs, outputs, run, feeds };
}

/** @throws where ONNX Runtime refuses the file, or the numbers differ by more than `tolerance` */
export async function expectAsOnnxRuntime(
  file: OnnxFile,
  tolerance = 1e-5,
): Promise<void> {
  const { run, feeds, outputs } = lowerFile(file);
  const ours = await run();
  const session = await InferenceSession.create(writeOnnx(file), {
    graphOptimizationLevel: "disabled",
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const theirs = await session.run(
    Object.fromEntries(
      (file.inputs ?? []).map(({ name, shape }) => [
        name,
        new OrtTensor("float32", feeds[name], shape as readonly number[]),
      ]),
    ),
  );
  outputs.forEach((value, index) => {
    const expected = theirs[session.outputNames[index]];
    expect(value.shape, `shape of output ${index}`).toEqual(expected.dims);
    const numbers = Array.from(
      expected.data as ArrayLike<number | bigint>,
      Number,
    );
    const worst = numbers.reduce((most, number, i) => {
      const error = Math.abs(number - ours[index].data[i]);
      return number === ours[index].data[i] ? most : Math.max(most, error);
    }, 0);
    expect(worst, `output ${index}`).toBeLessThanOrEqual(tolerance);
  });
  await session.release();
}

export interface OneOperator {
  readonly opset: number;
  readonly op: string;
  /** Shapes of the float32 inputs, which are fed. */
  readonly shapes: readonly (readonly number[])[];
  /** Inputs behind those that are constants; null is an input left out. */
  readonly constants?: readonly (FileTensor | null)[];
  readonly attributes?: FileNode["attributes"];
  readonly outputs?: number;
}

/** A file of one node, its inputs called x0, x1, …, its outputs y0, y1, … */
export function oneOperator(one: OneOperator): OnnxFile {
  const { opset, op, shapes, constants = [], outputs = 1 } = one;
  const inputs = shapes.map((shape, index) => ({ name: `x${index}`, shape }));
  const names = Array.from({ length: outputs }, (_, index) => `y${index}`);
  return {
    opset,
    inputs,
    outputs: names.map((name) => ({ name })),
    initializers: constants.filter((tensor) => tensor !== null),
    nodes: [
      {
        op,
        inputs: [
          ...inputs.map(({ name }) => name),
          ...constants.map((tensor) => tensor?.name ?? ""),
        ],
        outputs: names,
        ...(one.attributes && { attributes: one.attributes }),
      },
    ],
  };
}

/** A float constant of `sequence` numbers, moved into [from, to]. */
export function constant(
  name: string,
  dims: readonly number[],
  from = -1,
  to = 1,
): FileTensor {
  const numbers = sequence(elementCount(dims), name.length + dims.length + 7);
  return floatTensor(
    name,
    dims,
    numbers.map((x) => from + ((x + 1) / 2) * (to - from)),
  );
}
