/**
 * TensorFlow.js: for machines whose GPU only LibTensorflow reaches, and where no native library loads at all. It runs
 * the same graph as every backend, forward operators only; tfjs's own gradients, slow and partial, are never asked.
 */
import { MotifError } from "../../motif-error.ts";
import {
  isConstant,
  type Constant,
  type Graph,
  type Node,
  type Value,
} from "../graph/graph.ts";
import type { OpType } from "../graph/operators.ts";
import {
  elementCount,
  zeros,
  type Shape,
  type Tensor,
  type TensorData,
  type TensorType,
} from "../graph/tensor.ts";
import { ruleOf } from "../ops/table.ts";
import type { Backend, Executable } from "./backend.ts";
import { readFeed } from "./feeds.ts";
import { arrange, permutations, type Arrangement } from "./tfjs/arrange.ts";
import { transpose } from "./tfjs/layout.ts";
import {
  isInstalled,
  openPlatform,
  tfjsProviders,
  type Platform,
  type TfjsProvider,
  type TfTensor,
} from "./tfjs/platform.ts";
import { bindKernel, tfTypes, type Site } from "./tfjs/site.ts";
import { forwardOf } from "./tfjs/table.ts";

export { tfjsProviders, type TfjsProvider } from "./tfjs/platform.ts";

/** Providers whose packages are installed, fastest first; whether one works shows when it is opened. */
export function listTfjsProviders(): TfjsProvider[] {
  return tfjsProviders.filter(isInstalled);
}

/**
 * Loads tfjs.
 * @param options.threads CPU threads; WASM and plain JavaScript have one, the native providers take what they find
 * @throws MotifError "backend" when the provider does not start on this machine
 */
export async function openTfjs(options: {
  readonly provider: TfjsProvider;
  readonly threads: number;
}): Promise<Backend> {
  const { provider, threads } = options;
  const platform = await openPlatform(provider);
  const isNative = provider === "node" || provider === "node-gpu";
  return {
    name: "tfjs",
    provider,
    threads: isNative ? threads : 1,
    compile: async (graph) => new Program(platform, graph),
  };
}

/** Where a value is kept during a run: an index into the run's tensors. */
type Slot = number;

interface Step {
  readonly inputs: readonly (Slot | null)[];
  readonly outputs: readonly Slot[];
  readonly run: (inputs: readonly TfTensor[]) => TfTensor | TfTensor[];
  /** Slots that nothing reads after this step. */
  readonly released: Slot[];
  readonly node: Node | null;
}

class Program implements Executable {
  readonly #platform: Platform;
  readonly #graph: Graph;
  readonly #steps: Step[] = [];
  readonly #slots = new Map<Value, Map<Arrangement, Slot>>();
  readonly #homes = new Map<Value, Arrangement>();
  readonly #constants = new Map<Slot, TfTensor>();
  /** Uploaded for single operators. */
  readonly #uploads: TfTensor[] = [];
  readonly #outputs: readonly Slot[];
  readonly #used: ReadonlySet<Value>;
  #slotCount = 0;
  #isDisposed = false;

  constructor(platform: Platform, graph: Graph) {
    this.#platform = platform;
    this.#graph = graph;
    this.#used = new Set([
      ...graph.outputs,
      ...graph.nodes.flatMap(({ inputs }) => inputs.filter((v) => v !== null)),
    ]);
    activate(platform);
    try {
      for (const input of graph.inputs) this.#define(input, "asIs");
      for (const node of graph.nodes) this.#plan(node);
      this.#outputs = graph.outputs.map((value) => this.#read(value, "asIs"));
      this.#releaseAfterLastUse();
    } catch (error) {
      this.#free();
      throw error;
    }
  }

  async run(feeds: Readonly<Record<string, TensorData>>): Promise<Tensor[]> {
    if (this.#isDisposed)
      throw new MotifError("backend", "the executable was disposed of");
    activate(this.#platform);
    // From here to the end nothing is awaited: tfjs's current backend is one for the whole process.
    const tensors: (TfTensor | undefined)[] = [];
    for (const [slot, tensor] of this.#constants) tensors[slot] = tensor;
    try {
      for (const input of this.#graph.inputs) {
        const slot = this.#slots.get(input)!.get("asIs")!;
        const data = readFeed(input, feeds);
        tensors[slot] = this.#toTf({ ...input, data });
      }
      for (const step of this.#steps) this.#runStep(step, tensors);
      return this.#graph.outputs.map((value, index) =>
        fromTf(value, tensors[this.#outputs[index]]!),
      );
    } finally {
      for (const [slot, tensor] of tensors.entries())
        if (tensor && !this.#constants.has(slot)) tensor.dispose();
    }
  }

  async dispose(): Promise<void> {
    this.#free();
  }

  #free(): void {
    this.#isDisposed = true;
    for (const tensor of [...this.#constants.values(), ...this.#uploads])
      if (!tensor.isDisposed) tensor.dispose();
  }

  #runStep(
    { inputs, outputs, run, released, node }: Step,
    tensors: (TfTensor | undefined)[],
  ) {
    const operands = inputs.map((slot) =>
      slot === null ? undefined! : tensors[slot]!,
    );
    try {
      const made = this.#platform.tf.tidy(() => run(operands));
      const results = Array.isArray(made) ? made : [made];
      results.forEach((tensor, index) => (tensors[outputs[index]] = tensor));
    } catch (error) {
      const place = node ? `${node.op} "${node.name}"` : "a transposition";
      throw new MotifError(
        "backend",
        `tfjs (${this.#platform.provider}) failed at ${place}: ${(error as Error).message}`,
        { cause: error },
      );
    }
    for (const slot of released) {
      tensors[slot]?.dispose();
      tensors[slot] = undefined;
    }
  }

  #plan(node: Node): void {
    if (node.outputs.every(({ shape }) => elementCount(shape) === 0)) {
      for (const value of node.outputs)
        this.#keepConstant(value, "asIs", zeros(value));
      return;
    }
    const arranged = arrange(node, (value) => this.#homes.get(value) ?? "asIs");
    const site: Site = {
      attributes: arranged.attributes,
      inputs: node.inputs.map(
        (value, index) => value && arrangeType(value, arranged.inputs[index]),
      ),
      outputs: node.outputs.map((value, index) =>
        arrangeType(value, arranged.outputs[index]),
      ),
      constant: (index) => {
        const value = node.inputs[index];
        return isConstant(value) ? value : undefined;
      },
      isUsed: (index) => this.#used.has(node.outputs[index]),
      kernel: (name) => bindKernel(this.#platform, name),
      upload: (tensor) => this.#upload(tensor),
    };
    let run: Step["run"];
    try {
      run = forwardOf<OpType>(node.op)(site);
    } catch (error) {
      if (!(error instanceof MotifError)) throw error;
      throw new MotifError(
        "backend",
        `${node.op} "${node.name}": ${error.message}`,
        { cause: error },
      );
    }
    const inputs = node.inputs.map(
      (value, index) => value && this.#read(value, arranged.inputs[index]),
    );
    const outputs = node.outputs.map((value, index) =>
      this.#define(value, arranged.outputs[index]),
    );
    this.#steps.push({ inputs, outputs, run, released: [], node });
  }

  /** The slot of a value in an arrangement; a transposition is planned where it lies otherwise. */
  #read(value: Value, arrangement: Arrangement): Slot {
    const known = this.#slots.get(value)?.get(arrangement);
    if (known !== undefined) return known;
    if (isConstant(value))
      return this.#keepConstant(
        value,
        arrangement,
        rearrange(value, arrangement),
      );
    const home = this.#homes.get(value)!;
    const from = this.#slots.get(value)!.get(home)!;
    const perm = permutationBetween(home, arrangement);
    const shape = arrangeType(value, home).shape;
    const identity = bindKernel(this.#platform, "Identity");
    const move = transpose(
      { kernel: (name) => bindKernel(this.#platform, name) },
      shape,
      perm,
    );
    const slot = this.#newSlot(value, arrangement);
    this.#steps.push({
      inputs: [from],
      outputs: [slot],
      run: ([x]) => identity({ x: move(x) }),
      released: [],
      node: null,
    });
    return slot;
  }

  #define(value: Value, arrangement: Arrangement): Slot {
    this.#homes.set(value, arrangement);
    return this.#newSlot(value, arrangement);
  }

  #newSlot(value: Value, arrangement: Arrangement): Slot {
    const slots = this.#slots.get(value) ?? new Map<Arrangement, Slot>();
    this.#slots.set(value, slots);
    slots.set(arrangement, this.#slotCount);
    return this.#slotCount++;
  }

  #keepConstant(value: Value, arrangement: Arrangement, tensor: Tensor): Slot {
    const slot = this.#define(value, arrangement);
    this.#constants.set(slot, this.#toTf(tensor));
    return slot;
  }

  #upload(tensor: Tensor): TfTensor {
    const uploaded = this.#toTf(tensor);
    this.#uploads.push(uploaded);
    return uploaded;
  }

  #toTf({ dtype, shape, data }: Tensor): TfTensor {
    const typed =
      dtype === "float32"
        ? Float32Array.from(data)
        : dtype === "int64"
          ? Int32Array.from(data, toInt32)
          : Uint8Array.from(data);
    return this.#platform.tf.tensor(typed, [...shape], tfTypes[dtype]);
  }

  #releaseAfterLastUse(): void {
    const kept = new Set([...this.#outputs, ...this.#constants.keys()]);
    for (const step of this.#steps.toReversed()) {
      for (const slot of [...step.inputs, ...step.outputs]) {
        if (slot === null || kept.has(slot)) continue;
        kept.add(slot);
        step.released.push(slot);
      }
    }
  }
}

/** tfjs computes with one backend at a time for the whole process. Once it has started, changing is immediate. */
function activate({ tf, backendName }: Platform): void {
  if (tf.getBackend() !== backendName) void tf.setBackend(backendName);
}

/** int64 as int32, the largest for what lies beyond. */
function toInt32(x: number): number {
  return Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, x));
}

function fromTf({ dtype, shape }: TensorType, tensor: TfTensor): Tensor {
  const data = tensor.dataSync<"float32" | "int32" | "bool">();
  const copy = dtype === "int64" ? Float64Array.from(data) : data.slice();
  return { dtype, shape, data: copy as TensorData };
}

function arrangeType(
  { dtype, shape }: TensorType,
  to: Arrangement,
): TensorType {
  if (to === "asIs") return { dtype, shape };
  return { dtype, shape: permutations[to].map((axis) => shape[axis]) };
}

function rearrange(value: Constant, to: Arrangement): Tensor {
  if (to === "asIs") return value;
  const perm = permutations[to];
  const [tensor] = ruleOf("Transpose").kernel([value], { perm }, [
    arrangeType(value, to),
  ]);
  return tensor;
}

/** For values of four axes. */
function permutationBetween(from: Arrangement, to: Arrangement): number[] {
  const order = (arrangement: Arrangement): Shape =>
    arrangement === "asIs" ? [0, 1, 2, 3] : permutations[arrangement];
  return order(to).map((axis) => order(from).indexOf(axis));
}
