/** For tests: every backend and provider of this machine, and why the others are absent. */
import type { Backend } from "./backend.ts";
import { referenceBackend } from "./reference.ts";
import { listProviders, onnxruntimeBackend } from "./onnxruntime.ts";
import { openTfjs, tfjsProviders } from "./tfjs.ts";
import { newGraphBuilder } from "../ops/table.ts";

export interface Candidate {
  readonly title: string;
  readonly backend: Backend | null;
  /** Why there is none. */
  readonly reason: string;
}

/** Opens each and lets it compute a sum. */
export async function openEveryBackend(): Promise<Candidate[]> {
  const openers: readonly (readonly [string, () => Promise<Backend>])[] = [
    ...listProviders().map(
      (provider) =>
        [
          `onnxruntime (${provider})`,
          async () => onnxruntimeBackend({ provider, threads: 1 }),
        ] as const,
    ),
    ...tfjsProviders.map(
      (provider) =>
        [
          `tfjs (${provider})`,
          () => openTfjs({ provider, threads: 1 }),
        ] as const,
    ),
    ["reference in float64", async () => referenceBackend("float64")],
  ];
  const candidates: Candidate[] = [];
  for (const [title, open] of openers) {
    try {
      const backend = await open();
      await expectSum(backend);
      candidates.push({ title, backend, reason: "" });
    } catch (error) {
      const [reason] = (error as Error).message.split("\n");
      candidates.push({ title, backend: null, reason });
    }
  }
  return candidates;
}

async function expectSum(backend: Backend): Promise<void> {
  const g = newGraphBuilder();
  const x = g.input("x", [2]);
  const executable = await backend.compile(
    g.finish([g.add("Add", [x, x], {})]),
  );
  const [sum] = await executable.run({ x: Float32Array.of(1, 2) });
  await executable.dispose();
  if (sum.data[1] !== 4) throw new Error(`2 + 2 gave ${sum.data[1]}`);
}
