/** What a forward implementation sees of its node, and what it hands back. */
import type { NamedAttrMap } from "@tensorflow/tfjs-core";
import { MotifError } from "../../../motif-error.ts";
import type { Constant } from "../../graph/graph.ts";
import type { Attributes, OpType } from "../../graph/operators.ts";
import type { DType, Tensor, TensorType } from "../../graph/tensor.ts";
import type { Platform, TfTensor } from "./platform.ts";

/** Runs one tfjs kernel. Its first output is returned: no kernel in use has more. */
export type Kernel = (
  inputs: Readonly<Record<string, TfTensor>> | readonly TfTensor[],
  attributes?: Readonly<Record<string, unknown>>,
) => TfTensor;

/** Where an operator is used: its types as they lie in memory, and what it may ask for while the graph is compiled. */
export interface Site<Op extends OpType = OpType> {
  readonly attributes: Attributes<Op>;
  /** As laid out (see layouts.ts); null where an optional input is left out. */
  readonly inputs: readonly (TensorType | null)[];
  readonly outputs: readonly TensorType[];
  /** Data of input `index` where it is constant. */
  constant(index: number): Constant | undefined;
  /** Whether anything reads output `index`. */
  isUsed(index: number): boolean;
  /** @throws MotifError "backend" when this tfjs has no such kernel */
  kernel(name: string): Kernel;
  /** Uploads a tensor once; it lives as long as the executable. */
  upload(tensor: Tensor): TfTensor;
}

/**
 * Forward only: chooses kernels while the graph is compiled and returns what runs them. Outputs are new tensors, never
 * an input; intermediate ones are freed by the caller.
 */
export type Forward<Op extends OpType> = (
  site: Site<Op>,
) => (inputs: readonly TfTensor[]) => TfTensor | TfTensor[];

export type Forwards = { readonly [Op in OpType]?: Forward<Op> };

/** int64 becomes int32, the only integers tfjs has. */
export const tfTypes = {
  float32: "float32",
  int64: "int32",
  bool: "bool",
} as const satisfies Readonly<Record<DType, string>>;

/**
 * A kernel of the platform; of tfjs's plain JavaScript backend where the platform lacks it (tfjs moves the data).
 * @throws MotifError "backend" when neither has it
 */
export function bindKernel(platform: Platform, name: string): Kernel {
  const { tf, backendName, provider } = platform;
  const engine = tf.engine();
  if (tf.getKernel(name, backendName)) {
    return (inputs, attributes) =>
      engine.runKernel(name, inputs as never, attributes as NamedAttrMap);
  }
  const plain = tf.getKernel(name, "cpu");
  const cpu = tf.findBackend("cpu");
  if (!plain || !cpu)
    throw new MotifError("backend", `tfjs (${provider}) has no kernel ${name}`);
  return (inputs, attributes) => {
    const made = plain.kernelFunc({
      inputs: inputs as never,
      attrs: attributes as NamedAttrMap,
      backend: cpu,
    });
    const [info] = Array.isArray(made) ? made : [made];
    return engine.makeTensorFromTensorInfo(info, cpu);
  };
}
