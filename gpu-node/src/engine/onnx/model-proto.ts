/**
 * Reads the part of ONNX's ModelProto that describes a network. Field numbers are those of the ONNX specification
 * (https://onnx.ai/onnx/repo-docs/IR.html); unknown fields are skipped, as protobuf wants. Tensor data stays where it is
 * in the file until tensor-proto.ts decodes it. Nothing in a model file is ever run.
 */
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { MotifError } from "../../motif-error.ts";

export interface OnnxModel {
  readonly irVersion: number;
  readonly producer: string;
  /** Version by operator set domain; the standard one is "". */
  readonly opsets: ReadonlyMap<string, number>;
  /** Names of functions that the file itself defines. */
  readonly functions: readonly string[];
  readonly graph: OnnxGraph;
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  readonly inputs: readonly OnnxValueInfo[];
  readonly outputs: readonly OnnxValueInfo[];
  readonly sparseInitializers: number;
}

export interface OnnxNode {
  /** "" where the exporter gave none. */
  readonly name: string;
  readonly opType: string;
  /** "" is the standard domain. */
  readonly domain: string;
  /** "" stands for an input left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
}

export interface OnnxAttribute {
  readonly float?: number;
  readonly int?: number;
  readonly string?: string;
  readonly tensor?: OnnxTensor;
  readonly graph?: OnnxGraph;
  readonly floats: readonly number[];
  readonly ints: readonly number[];
}

/** A tensor as it stands in the file. */
export interface OnnxTensor {
  readonly name: string;
  readonly dims: readonly number[];
  /** TensorProto.DataType */
  readonly dataType: number;
  readonly rawData: Uint8Array | null;
  /** Packed little-endian bytes of float_data and double_data, in pieces. */
  readonly floatData: readonly Uint8Array[];
  readonly doubleData: readonly Uint8Array[];
  /** int32_data, int64_data or uint64_data: packed varints, in pieces. */
  readonly varintData: readonly Uint8Array[];
  readonly isExternal: boolean;
}

export interface OnnxValueInfo {
  readonly name: string;
  /** TensorProto.DataType; 0 where the file gives none. */
  readonly dataType: number;
  /** Sizes; a string is a symbolic size, null an unknown one. Absent where the file gives no shape. */
  readonly shape?: readonly (number | string | null)[];
}

/** No classifier comes near these; what does is damaged or hostile. */
const most = { nodes: 200_000, tensors: 200_000, rank: 16, depth: 8 } as const;

/** A mistake in the file; `readModel` adds the model's name. */
class Malformed extends Error {}

/**
 * @param name of the model, for messages
 * @throws MotifError "model" when the bytes are not an ONNX model
 */
export function readModel(bytes: Uint8Array, name: string): OnnxModel {
  try {
    return readModelProto(bytes);
  } catch (error) {
    // BinaryReader throws RangeError where the bytes end early, and plain Error for what is not protobuf.
    if (!(error instanceof Error)) throw error;
    const reason =
      error instanceof RangeError
        ? "it ends in the middle of a field"
        : error.message;
    throw new MotifError(
      "model",
      `${name}: this is not an ONNX model, or it is damaged or cut short (${reason}). Copy or export the file again.`,
      { cause: error },
    );
  }
}

/** Calls `visit` for every field; what it leaves unread (returning false) is skipped. */
function readFields(
  bytes: Uint8Array,
  visit: (field: number, wireType: WireType, reader: BinaryReader) => boolean,
): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (!visit(field, wireType, reader)) reader.skip(wireType, field);
    if (reader.pos > reader.len) throw new RangeError("premature end");
  }
}

/** A handler for each field that is read; a field of another wire type than expected is a mistake. */
type Fields = Readonly<
  Record<number, readonly [WireType, (reader: BinaryReader) => void]>
>;

function readMessage(bytes: Uint8Array, fields: Fields): void {
  readFields(bytes, (field, wireType, reader) => {
    const known = fields[field];
    if (!known) return false;
    if (known[0] !== wireType)
      throw new Malformed(
        `field ${field} has wire type ${wireType} instead of ${known[0]}`,
      );
    known[1](reader);
    return true;
  });
}

const bytesField = (take: (bytes: Uint8Array) => void) =>
  [
    WireType.LengthDelimited,
    (reader: BinaryReader) => take(reader.bytes()),
  ] as const;
const textField = (take: (text: string) => void) =>
  [
    WireType.LengthDelimited,
    (reader: BinaryReader) => take(reader.string()),
  ] as const;
const intField = (take: (value: number) => void) =>
  [
    WireType.Varint,
    (reader: BinaryReader) => take(Number(reader.int64())),
  ] as const;

function readModelProto(bytes: Uint8Array): OnnxModel {
  let irVersion = 0;
  let producer = "";
  let producerVersion = "";
  let graph: OnnxGraph | undefined;
  const opsets = new Map<string, number>();
  const functions: string[] = [];
  readMessage(bytes, {
    1: intField((value) => (irVersion = value)),
    2: textField((text) => (producer = text)),
    3: textField((text) => (producerVersion = text)),
    7: bytesField((message) => (graph = readGraph(message, 0))),
    8: bytesField((message) => {
      let domain = "";
      let version = 0;
      readMessage(message, {
        1: textField((text) => (domain = text)),
        2: intField((value) => (version = value)),
      });
      opsets.set(domain === "ai.onnx" ? "" : domain, version);
    }),
    25: bytesField((message) =>
      readMessage(message, { 1: textField((text) => functions.push(text)) }),
    ),
  });
  if (!graph) throw new Malformed("it holds no graph");
  return {
    irVersion,
    producer: `${producer} ${producerVersion}`.trim(),
    opsets,
    functions,
    graph,
  };
}

function readGraph(bytes: Uint8Array, depth: number): OnnxGraph {
  if (depth > most.depth)
    throw new Malformed(`graphs are nested more than ${most.depth} deep`);
  const nodes: OnnxNode[] = [];
  const initializers: OnnxTensor[] = [];
  const inputs: OnnxValueInfo[] = [];
  const outputs: OnnxValueInfo[] = [];
  let sparseInitializers = 0;
  readMessage(bytes, {
    1: bytesField((message) => nodes.push(readNode(message, depth))),
    5: bytesField((message) => initializers.push(readTensor(message))),
    11: bytesField((message) => inputs.push(readValueInfo(message))),
    12: bytesField((message) => outputs.push(readValueInfo(message))),
    15: bytesField(() => sparseInitializers++),
  });
  if (nodes.length > most.nodes)
    throw new Malformed(
      `it has ${nodes.length} nodes; at most ${most.nodes} are read`,
    );
  if (initializers.length > most.tensors)
    throw new Malformed(`it has ${initializers.length} tensors`);
  return { nodes, initializers, inputs, outputs, sparseInitializers };
}

function readNode(bytes: Uint8Array, depth: number): OnnxNode {
  let name = "";
  let opType = "";
  let domain = "";
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, OnnxAttribute>();
  readMessage(bytes, {
    1: textField((text) => inputs.push(text)),
    2: textField((text) => outputs.push(text)),
    3: textField((text) => (name = text)),
    4: textField((text) => (opType = text)),
    5: bytesField((message) => {
      const [key, attribute] = readAttribute(message, depth);
      attributes.set(key, attribute);
    }),
    7: textField((text) => (domain = text)),
  });
  if (opType === "") throw new Malformed(`node "${name}" names no operator`);
  return {
    name,
    opType,
    domain: domain === "ai.onnx" ? "" : domain,
    inputs,
    outputs,
    attributes,
  };
}

function readAttribute(
  bytes: Uint8Array,
  depth: number,
): [string, OnnxAttribute] {
  let name = "";
  const attribute: {
    -readonly [Key in keyof OnnxAttribute]: OnnxAttribute[Key];
  } & { floats: number[]; ints: number[] } = {
    floats: [],
    ints: [],
  };
  readFields(bytes, (field, wireType, reader) => {
    switch (field) {
      case 7:
        readRepeated(reader, wireType, WireType.Bit32, (r) =>
          attribute.floats.push(r.float()),
        );
        return true;
      case 8:
        readRepeated(reader, wireType, WireType.Varint, (r) =>
          attribute.ints.push(Number(r.int64())),
        );
        return true;
      case 2:
        expectWireType(field, wireType, WireType.Bit32);
        attribute.float = reader.float();
        return true;
      case 3:
        expectWireType(field, wireType, WireType.Varint);
        attribute.int = Number(reader.int64());
        return true;
    }
    if (![1, 4, 5, 6].includes(field)) return false;
    expectWireType(field, wireType, WireType.LengthDelimited);
    if (field === 1) name = reader.string();
    else if (field === 4) attribute.string = reader.string();
    else if (field === 5) attribute.tensor = readTensor(reader.bytes());
    else attribute.graph = readGraph(reader.bytes(), depth + 1);
    return true;
  });
  return [name, attribute];
}

function expectWireType(
  field: number,
  wireType: WireType,
  expected: WireType,
): void {
  if (wireType !== expected)
    throw new Malformed(
      `field ${field} has wire type ${wireType} instead of ${expected}`,
    );
}

/** A repeated number: packed in one field, or a field each. */
function readRepeated(
  reader: BinaryReader,
  wireType: WireType,
  single: WireType,
  take: (reader: BinaryReader) => void,
): void {
  if (wireType === single) return take(reader);
  if (wireType !== WireType.LengthDelimited)
    throw new Malformed(`a list of numbers has wire type ${wireType}`);
  const packed = new BinaryReader(reader.bytes());
  while (packed.pos < packed.len) take(packed);
  if (packed.pos > packed.len) throw new RangeError("premature end");
}

function readTensor(bytes: Uint8Array): OnnxTensor {
  let name = "";
  let dataType = 0;
  let rawData: Uint8Array | null = null;
  let isExternal = false;
  const dims: number[] = [];
  const floatData: Uint8Array[] = [];
  const doubleData: Uint8Array[] = [];
  const varintData: Uint8Array[] = [];
  readFields(bytes, (field, wireType, reader) => {
    switch (field) {
      case 1:
        readRepeated(reader, wireType, WireType.Varint, (r) =>
          dims.push(Number(r.int64())),
        );
        return true;
      case 2:
        expectWireType(field, wireType, WireType.Varint);
        dataType = reader.int32();
        return true;
      case 4:
        floatData.push(rawPiece(reader, wireType, field));
        return true;
      case 10:
        doubleData.push(rawPiece(reader, wireType, field));
        return true;
      case 5:
      case 7:
      case 11:
        varintData.push(rawPiece(reader, wireType, field));
        return true;
      case 8:
        expectWireType(field, wireType, WireType.LengthDelimited);
        name = reader.string();
        return true;
      case 9:
        expectWireType(field, wireType, WireType.LengthDelimited);
        rawData = reader.bytes();
        return true;
      case 13:
        isExternal = true;
        return false;
      case 14:
        expectWireType(field, wireType, WireType.Varint);
        if (reader.int32() === 1) isExternal = true;
        return true;
    }
    return false;
  });
  if (dims.length > most.rank)
    throw new Malformed(`tensor "${name}" has ${dims.length} axes`);
  return {
    name,
    dims,
    dataType,
    rawData,
    floatData,
    doubleData,
    varintData,
    isExternal,
  };
}

/** The bytes of one element, or of all of them where the list is packed: the two have the same form. */
function rawPiece(
  reader: BinaryReader,
  wireType: WireType,
  field: number,
): Uint8Array {
  return wireType === WireType.LengthDelimited
    ? reader.bytes()
    : reader.skip(wireType, field);
}

function readValueInfo(bytes: Uint8Array): OnnxValueInfo {
  let name = "";
  let dataType = 0;
  let shape: (number | string | null)[] | undefined;
  readMessage(bytes, {
    1: textField((text) => (name = text)),
    2: bytesField((type) =>
      readMessage(type, {
        1: bytesField((tensorType) =>
          readMessage(tensorType, {
            1: intField((value) => (dataType = value)),
            2: bytesField((message) => {
              shape = [];
              readMessage(message, {
                1: bytesField((dim) => shape?.push(readDimension(dim))),
              });
            }),
          }),
        ),
      }),
    ),
  });
  if (shape && shape.length > most.rank)
    throw new Malformed(`"${name}" has ${shape.length} axes`);
  return { name, dataType, ...(shape && { shape }) };
}

function readDimension(bytes: Uint8Array): number | string | null {
  let size: number | string | null = null;
  readMessage(bytes, {
    1: intField((value) => (size = value)),
    2: textField((text) => (size = text === "" ? null : text)),
  });
  return size;
}
