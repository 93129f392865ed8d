/**
 * For tests: writes ONNX files by hand, so that a test can say what any exporter, or an attacker, would write. Field
 * numbers are those of the ONNX specification (https://onnx.ai/onnx/repo-docs/IR.html).
 */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/** TensorProto.DataType by name. */
export const dataTypes = {
  float: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  double: 11,
  uint32: 12,
  uint64: 13,
  complex64: 14,
  bfloat16: 16,
} as const;
export type DataTypeName = keyof typeof dataTypes;

export interface FileTensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly type: DataTypeName | number;
  readonly raw?: Uint8Array;
  /** float_data */
  readonly floats?: readonly number[];
  /** int32_data, int64_data, double_data and uint64_data. */
  readonly int32s?: readonly number[];
  readonly int64s?: readonly (number | bigint)[];
  readonly doubles?: readonly number[];
  readonly uint64s?: readonly (number | bigint)[];
  /** Typed fields with a tag an element, as writers before protobuf 3 do. */
  readonly isUnpacked?: boolean;
  /** Gives the tensor's data a place in this other file. */
  readonly external?: string;
}

export type FileAttribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly text: string }
  | { readonly ints: readonly number[] }
  | { readonly floats: readonly number[] }
  | { readonly tensor: FileTensor }
  | { readonly graph: FileGraph };

export interface FileNode {
  readonly op: string;
  readonly inputs?: readonly string[];
  readonly outputs: readonly string[];
  readonly name?: string;
  readonly domain?: string;
  readonly attributes?: Readonly<Record<string, FileAttribute>>;
}

export interface FileValue {
  readonly name: string;
  /** Sizes; text is a symbolic size, null an unknown one. Absent: no shape is written. */
  readonly shape?: readonly (number | string | null)[];
  readonly type?: DataTypeName;
}

export interface FileGraph {
  readonly nodes: readonly FileNode[];
  readonly initializers?: readonly FileTensor[];
  readonly inputs?: readonly FileValue[];
  readonly outputs?: readonly FileValue[];
  readonly sparseInitializers?: number;
}

export interface OnnxFile extends FileGraph {
  readonly opset?: number;
  /** Further operator sets by domain. */
  readonly domains?: Readonly<Record<string, number>>;
}

const { Varint, Bit32, LengthDelimited } = WireType;

/** A message field: its tag, its length and what `write` puts into it. */
function message(writer: BinaryWriter, field: number, write: () => void): void {
  writer.tag(field, LengthDelimited).fork();
  write();
  writer.join();
}

const text = (writer: BinaryWriter, field: number, value: string) =>
  writer.tag(field, LengthDelimited).string(value);

export function writeOnnx(file: OnnxFile): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, Varint).int64(8);
  text(writer, 2, "by hand");
  message(writer, 7, () => writeGraph(writer, file));
  for (const [domain, version] of [
    ...(file.opset === undefined ? [] : [["", file.opset] as const]),
    ...Object.entries(file.domains ?? {}),
  ]) {
    message(writer, 8, () => {
      text(writer, 1, domain);
      writer.tag(2, Varint).int64(version);
    });
  }
  return writer.finish();
}

function writeGraph(writer: BinaryWriter, graph: FileGraph): void {
  for (const node of graph.nodes)
    message(writer, 1, () => writeNode(writer, node));
  text(writer, 2, "graph");
  for (const tensor of graph.initializers ?? [])
    message(writer, 5, () => writeTensor(writer, tensor));
  for (const value of graph.inputs ?? [])
    message(writer, 11, () => writeValue(writer, value));
  for (const value of graph.outputs ?? [])
    message(writer, 12, () => writeValue(writer, value));
  for (let i = 0; i < (graph.sparseInitializers ?? 0); i++)
    message(writer, 15, () => {});
}

function writeNode(writer: BinaryWriter, node: FileNode): void {
  for (const name of node.inputs ?? []) text(writer, 1, name);
  for (const name of node.outputs) text(writer, 2, name);
  if (node.name) text(writer, 3, node.name);
  text(writer, 4, node.op);
  for (const [name, attribute] of Object.entries(node.attributes ?? {})) {
    message(writer, 5, () => {
      text(writer, 1, name);
      writeAttribute(writer, attribute);
    });
  }
  if (node.domain) text(writer, 7, node.domain);
}

/** With AttributeProto.type, which ONNX Runtime wants. */
function writeAttribute(writer: BinaryWriter, attribute: FileAttribute): void {
  const type = (number: number) => writer.tag(20, Varint).int32(number);
  if ("float" in attribute) {
    writer.tag(2, Bit32).float(attribute.float);
    type(1);
  } else if ("int" in attribute) {
    writer.tag(3, Varint).int64(attribute.int);
    type(2);
  } else if ("text" in attribute) {
    text(writer, 4, attribute.text);
    type(3);
  } else if ("tensor" in attribute) {
    message(writer, 5, () => writeTensor(writer, attribute.tensor));
    type(4);
  } else if ("graph" in attribute) {
    message(writer, 6, () => writeGraph(writer, attribute.graph));
    type(5);
  } else if ("floats" in attribute) {
    for (const value of attribute.floats) writer.tag(7, Bit32).float(value);
    type(6);
  } else {
    for (const value of attribute.ints) writer.tag(8, Varint).int64(value);
    type(7);
  }
}

function writeTensor(writer: BinaryWriter, tensor: FileTensor): void {
  for (const size of tensor.dims) writer.tag(1, Varint).int64(size);
  writer
    .tag(2, Varint)
    .int32(
      typeof tensor.type === "number" ? tensor.type : dataTypes[tensor.type],
    );
  const list = <T>(
    field: number,
    wireType: WireType,
    values: readonly T[] | undefined,
    write: (value: T) => void,
  ) => {
    if (!values) return;
    if (tensor.isUnpacked) {
      for (const value of values) {
        writer.tag(field, wireType);
        write(value);
      }
    } else {
      message(writer, field, () => values.forEach(write));
    }
  };
  list(4, Bit32, tensor.floats, (value) => writer.float(value));
  list(5, Varint, tensor.int32s, (value) => writer.int32(value));
  list(7, Varint, tensor.int64s, (value) => writer.int64(value));
  text(writer, 8, tensor.name);
  if (tensor.raw) writer.tag(9, LengthDelimited).bytes(tensor.raw);
  list(10, WireType.Bit64, tensor.doubles, (value) => writer.double(value));
  list(11, Varint, tensor.uint64s, (value) => writer.uint64(value));
  if (tensor.external !== undefined) {
    const { external } = tensor;
    message(writer, 13, () => {
      text(writer, 1, "location");
      text(writer, 2, external);
    });
    writer.tag(14, Varint).int32(1);
  }
}

function writeValue(writer: BinaryWriter, value: FileValue): void {
  text(writer, 1, value.name);
  message(writer, 2, () =>
    message(writer, 1, () => {
      writer.tag(1, Varint).int32(dataTypes[value.type ?? "float"]);
      if (!value.shape) return;
      const { shape } = value;
      message(writer, 2, () => {
        for (const size of shape) {
          message(writer, 1, () => {
            if (typeof size === "number") writer.tag(1, Varint).int64(size);
            else if (size !== null) text(writer, 2, size);
          });
        }
      });
    }),
  );
}

// What tensors and attributes are written with.

export function floatTensor(
  name: string,
  dims: readonly number[],
  values: ArrayLike<number>,
): FileTensor {
  const raw = new Uint8Array(Float32Array.from(values).buffer);
  return { name, dims, type: "float", raw };
}

export function int64Tensor(
  name: string,
  values: readonly (number | bigint)[],
  dims: readonly number[] = [values.length],
): FileTensor {
  return { name, dims, type: "int64", int64s: values };
}

/** Integer attributes by name: numbers as one, lists as several. */
export function intAttributes(
  values: Readonly<Record<string, number | readonly number[]>>,
): Record<string, FileAttribute> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === "number" ? { int: value } : { ints: value },
    ]),
  );
}
