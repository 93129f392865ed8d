/**
 * Writes any graph as an ONNX model (ai.onnx opset 18): for ONNX Runtime, which runs it, for trained models, and for
 * people who want to look at a gradient graph in a viewer. Attributes that ONNX wants as inputs become constants.
 */
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { MotifError } from "../../motif-error.ts";
import {
  isConstant,
  type Graph,
  type Node,
  type Value,
} from "../graph/graph.ts";
import type { OpType, OperatorAttributes } from "../graph/operators.ts";
import {
  floats,
  integers,
  type DType,
  type Tensor,
  type TensorType,
} from "../graph/tensor.ts";

const irVersion = 8;
const opsetVersion = 18;
const opsetOfDilatedPools = 19;

const isDilated = ({ dilations }: OperatorAttributes["AveragePool"]) =>
  dilations.some((size) => size !== 1);

/** The oldest that holds every node. */
const opsetOf = ({ nodes }: Graph) =>
  nodes.some(
    ({ op, attributes }) =>
      op === "AveragePool" &&
      isDilated(attributes as OperatorAttributes["AveragePool"]),
  )
    ? opsetOfDilatedPools
    : opsetVersion;
/** Protobuf's own limit for one message. */
const mostBytes = 2 ** 31 - 1;

/** TensorProto.DataType */
const dataTypes: Readonly<Record<DType, number>> = {
  float32: 1,
  int64: 7,
  bool: 9,
};
/** AttributeProto.AttributeType */
const attributeTypes = {
  float: 1,
  int: 2,
  string: 3,
  floats: 6,
  ints: 7,
} as const;

type OnnxAttribute =
  | { readonly type: "int"; readonly value: number }
  | { readonly type: "float"; readonly value: number }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "ints"; readonly value: readonly number[] };

/** What ONNX calls a node's attributes, and the constants it wants as further inputs. */
interface OnnxForm {
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
  /** Appended to the node's inputs; null is an input left out. */
  readonly operands?: readonly (Tensor | null)[];
}

const int = (value: number | boolean): OnnxAttribute => ({
  type: "int",
  value: Number(value),
});
const ints = (value: readonly number[]): OnnxAttribute => ({
  type: "ints",
  value,
});
const float = (value: number): OnnxAttribute => ({ type: "float", value });
const string = (value: string): OnnxAttribute => ({ type: "string", value });

const plain = (): OnnxForm => ({});
const reduction = ({
  axes,
  keepDims,
}: OperatorAttributes["ReduceSum"]): OnnxForm => ({
  attributes: { keepdims: int(keepDims) },
  operands: [integers(axes)],
});
const convolution = (
  a: OperatorAttributes["Conv"],
): Record<string, OnnxAttribute> => ({
  strides: ints(a.strides),
  pads: ints(a.pads),
  dilations: ints(a.dilations),
  group: int(a.group),
});
const pool = (
  a: OperatorAttributes["MaxPool"],
): Record<string, OnnxAttribute> => ({
  kernel_shape: ints(a.kernelShape),
  strides: ints(a.strides),
  pads: ints(a.pads),
  ceil_mode: int(a.ceilMode),
});
/** Before the first element, where a negative step counts down to it. */
const beforeFirst = -(2 ** 63);

function scalarOf(dtype: DType, value: number): Tensor {
  switch (dtype) {
    case "float32":
      return floats([value], []);
    case "int64":
      return integers([value], []);
    case "bool":
      return { dtype, shape: [], data: Uint8Array.of(value === 0 ? 0 : 1) };
  }
}

/** By the operator's attributes and its output's type. */
const forms: {
  readonly [Op in OpType]: (
    attributes: OperatorAttributes[Op],
    dtype: DType,
  ) => OnnxForm;
} = {
  Abs: plain,
  Ceil: plain,
  Cos: plain,
  Erf: plain,
  Exp: plain,
  Floor: plain,
  Log: plain,
  Neg: plain,
  Reciprocal: plain,
  Round: plain,
  Sign: plain,
  Sin: plain,
  Sqrt: plain,
  Relu: plain,
  Sigmoid: plain,
  Tanh: plain,
  Softplus: plain,
  LeakyRelu: ({ alpha }) => ({ attributes: { alpha: float(alpha) } }),
  Elu: ({ alpha }) => ({ attributes: { alpha: float(alpha) } }),
  HardSigmoid: ({ alpha, beta }) => ({
    attributes: { alpha: float(alpha), beta: float(beta) },
  }),
  Clip: ({ min, max }) => ({
    operands: [
      min === -Infinity ? null : floats([min], []),
      max === Infinity ? null : floats([max], []),
    ],
  }),
  Add: plain,
  Sub: plain,
  Mul: plain,
  Div: plain,
  Pow: plain,
  Min: plain,
  Max: plain,
  Mod: ({ isFmod }) => ({ attributes: { fmod: int(isFmod) } }),
  Equal: plain,
  Greater: plain,
  GreaterOrEqual: plain,
  Less: plain,
  LessOrEqual: plain,
  And: plain,
  Or: plain,
  Not: plain,
  Where: plain,
  Cast: ({ to }) => ({ attributes: { to: int(dataTypes[to]) } }),
  ReduceSum: reduction,
  ReduceMean: reduction,
  ReduceMax: reduction,
  ReduceMin: reduction,
  ReduceProd: reduction,
  ArgMax: ({ axis, keepDims }) => ({
    attributes: { axis: int(axis), keepdims: int(keepDims) },
  }),
  Softmax: ({ axis }) => ({ attributes: { axis: int(axis) } }),
  LogSoftmax: ({ axis }) => ({ attributes: { axis: int(axis) } }),
  MatMul: plain,
  Gemm: ({ transA, transB }) => ({
    attributes: { transA: int(transA), transB: int(transB) },
  }),
  Conv: (a) => ({ attributes: convolution(a) }),
  ConvTranspose: (a) => ({
    attributes: { ...convolution(a), output_padding: ints(a.outputPadding) },
  }),
  MaxPool: (a) => ({
    attributes: { ...pool(a), dilations: ints(a.dilations) },
  }),
  AveragePool: (a) => ({
    attributes: {
      ...pool(a),
      count_include_pad: int(a.countIncludePad),
      ...(isDilated(a) && { dilations: ints(a.dilations) }),
    },
  }),
  Reshape: ({ shape }) => ({ operands: [integers(shape)] }),
  Transpose: ({ perm }) => ({ attributes: { perm: ints(perm) } }),
  Expand: ({ shape }) => ({ operands: [integers(shape)] }),
  Concat: ({ axis }) => ({ attributes: { axis: int(axis) } }),
  Slice: ({ starts, ends, axes, steps }) => ({
    operands: [
      integers(starts),
      integers(ends.map((end) => (end < 0 ? beforeFirst : end))),
      integers(axes),
      integers(steps),
    ],
  }),
  Pad: ({ pads, mode, value }, dtype) => ({
    attributes: { mode: string(mode) },
    operands: [
      integers(pads),
      ...(mode === "constant" ? [scalarOf(dtype, value)] : []),
    ],
  }),
  Gather: ({ axis }) => ({ attributes: { axis: int(axis) } }),
  GatherElements: ({ axis }) => ({ attributes: { axis: int(axis) } }),
  ScatterElements: ({ axis, reduction }) => ({
    attributes: { axis: int(axis), reduction: string(reduction) },
  }),
  ScatterND: ({ reduction }) => ({
    attributes: { reduction: string(reduction) },
  }),
  Resize: (a) => ({
    attributes: {
      mode: string(a.mode),
      coordinate_transformation_mode: string(a.coordinateTransformationMode),
      nearest_mode: string(a.nearestMode),
    },
    operands: [null, floats([1, 1, ...a.scales])],
  }),
};

/**
 * @param name of the graph, for viewers
 * @returns the bytes of an ONNX file
 * @throws MotifError "graph" when the model would pass protobuf's 2 GiB
 */
export function exportModel(graph: Graph, name = "motif"): Uint8Array {
  const names = nameValues(graph);
  const nameOf = (value: Value) => names.get(value)!;
  const model = new BinaryWriter();
  model.uint32(tag(1, 0)).int64(irVersion);
  model.uint32(tag(2, 2)).string("motif");
  // Two passes over the constants would be the price of nested length prefixes; the writer's fork() keeps chunks instead.
  model.uint32(tag(7, 2)).fork();
  const written = new Set<Value>();
  const used = new Set<Value>([
    ...graph.outputs,
    ...graph.nodes.flatMap((n) => n.inputs.filter((v) => v !== null)),
  ]);
  const writeConstant = (value: Value) => {
    if (!isConstant(value) || written.has(value)) return;
    written.add(value);
    model.uint32(tag(5, 2)).fork();
    writeTensor(model, value, nameOf(value));
    model.join();
  };
  for (const node of graph.nodes) {
    const form = (
      forms[node.op] as (
        attributes: Node["attributes"],
        dtype: DType,
      ) => OnnxForm
    )(node.attributes, node.outputs[0].dtype);
    const operands = (form.operands ?? []).map((tensor, index) => {
      const operandName = tensor
        ? `${nameOf(node.outputs[0])}/operand_${index}`
        : "";
      if (tensor) {
        model.uint32(tag(5, 2)).fork();
        writeTensor(model, tensor, operandName);
        model.join();
      }
      return operandName;
    });
    for (const value of node.inputs) if (value) writeConstant(value);
    const inputs = [
      ...node.inputs.map((value) => (value ? nameOf(value) : "")),
      ...operands,
    ];
    const outputs = node.outputs.map((value, index) =>
      index === 0 || used.has(value) ? nameOf(value) : "",
    );
    while (outputs.at(-1) === "") outputs.pop();
    model.uint32(tag(1, 2)).fork();
    writeNode(model, node, inputs, outputs, form.attributes ?? {});
    model.join();
  }
  model.uint32(tag(2, 2)).string(name);
  for (const value of graph.outputs) writeConstant(value);
  for (const value of graph.inputs)
    writeValueInfo(model, 11, value, nameOf(value));
  for (const value of graph.outputs)
    writeValueInfo(model, 12, value, nameOf(value));
  model.join();
  model.uint32(tag(8, 2)).fork();
  model.uint32(tag(1, 2)).string("").uint32(tag(2, 0)).int64(opsetOf(graph));
  model.join();
  const bytes = model.finish();
  if (bytes.length > mostBytes)
    throw new MotifError(
      "graph",
      `the model takes ${bytes.length} bytes; ONNX files end at 2 GiB`,
    );
  return bytes;
}

const tag = (field: number, wireType: number) => (field << 3) | wireType;

/** Graph inputs keep their names; others get theirs made unique, since graphs merged by autodiff may repeat constants' names. */
function nameValues(graph: Graph): Map<Value, string> {
  const names = new Map<Value, string>();
  const taken = new Set<string>();
  const assign = (value: Value | null) => {
    if (!value || names.has(value)) return;
    let name = value.name;
    for (let copy = 2; taken.has(name); copy++) name = `${value.name}~${copy}`;
    taken.add(name);
    names.set(value, name);
  };
  graph.inputs.forEach(assign);
  for (const node of graph.nodes)
    [...node.inputs, ...node.outputs].forEach(assign);
  graph.outputs.forEach(assign);
  return names;
}

function writeNode(
  model: BinaryWriter,
  node: Node,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, OnnxAttribute>>,
): void {
  for (const input of inputs) model.uint32(tag(1, 2)).string(input);
  for (const output of outputs) model.uint32(tag(2, 2)).string(output);
  model.uint32(tag(3, 2)).string(node.name);
  model.uint32(tag(4, 2)).string(node.op);
  for (const [name, attribute] of Object.entries(attributes)) {
    model.uint32(tag(5, 2)).fork();
    model.uint32(tag(1, 2)).string(name);
    switch (attribute.type) {
      case "float":
        model.uint32(tag(2, 5)).float(attribute.value);
        break;
      case "int":
        model.uint32(tag(3, 0)).int64(attribute.value);
        break;
      case "string":
        model.uint32(tag(4, 2)).string(attribute.value);
        break;
      case "ints":
        for (const value of attribute.value)
          model.uint32(tag(8, 0)).int64(value);
        break;
    }
    model.uint32(tag(20, 0)).int32(attributeTypes[attribute.type]);
    model.join();
  }
}

function writeTensor(model: BinaryWriter, tensor: Tensor, name: string): void {
  for (const size of tensor.shape) model.uint32(tag(1, 0)).int64(size);
  model.uint32(tag(2, 0)).int32(dataTypes[tensor.dtype]);
  model.uint32(tag(8, 2)).string(name);
  model.uint32(tag(9, 2)).bytes(rawBytes(tensor));
}

/** Little-endian bytes, as TensorProto.raw_data wants them; float32 data is not copied. */
function rawBytes({ dtype, data }: Tensor): Uint8Array {
  const view = (array: ArrayBufferView) =>
    new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  if (dtype === "bool") return view(data);
  if (dtype === "float32")
    return view(data instanceof Float32Array ? data : Float32Array.from(data));
  const most = 2n ** 63n - 1n;
  return view(
    BigInt64Array.from(data as Float64Array, (value) =>
      value >= 2 ** 63 ? most : BigInt(value),
    ),
  );
}

function writeValueInfo(
  model: BinaryWriter,
  field: number,
  type: TensorType,
  name: string,
): void {
  model.uint32(tag(field, 2)).fork();
  model.uint32(tag(1, 2)).string(name);
  model.uint32(tag(2, 2)).fork();
  model.uint32(tag(1, 2)).fork();
  model.uint32(tag(1, 0)).int32(dataTypes[type.dtype]);
  model.uint32(tag(2, 2)).fork();
  for (const size of type.shape) {
    model.uint32(tag(1, 2)).fork();
    model.uint32(tag(1, 0)).int64(size);
    model.join();
  }
  model.join().join().join().join();
}
