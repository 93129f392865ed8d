/**
 * Where tfjs computes. Of its providers the native ones (LibTensorflow on a GPU or the CPU) are optional peers, loaded
 * where they are installed; WASM (XNNPACK, one thread: its threads are started from blob URLs, which Node's workers
 * refuse) and plain JavaScript come with this package.
 */
import { dirname } from "node:path";
import { createRequire } from "node:module";
import util from "node:util";
import type * as Tfjs from "@tensorflow/tfjs-core";
import { MotifError } from "../../../motif-error.ts";

export type Tf = typeof Tfjs;
export type TfTensor = Tfjs.Tensor;

/** Fastest first. */
export const tfjsProviders = ["node-gpu", "node", "wasm", "cpu"] as const;
export type TfjsProvider = (typeof tfjsProviders)[number];

export interface Platform {
  readonly tf: Tf;
  readonly provider: TfjsProvider;
  /** tfjs's name of what computes: "tensorflow", "wasm" or "cpu". */
  readonly backendName: string;
}

const nativePackages = {
  "node-gpu": "@tensorflow/tfjs-node-gpu",
  node: "@tensorflow/tfjs-node",
} as const;

export function isInstalled(provider: TfjsProvider): boolean {
  if (provider === "wasm" || provider === "cpu") return true;
  try {
    createRequire(import.meta.url).resolve(nativePackages[provider]);
    return true;
  } catch {
    return false;
  }
}

/**
 * Loads a provider and checks that it starts.
 * @throws MotifError "backend" saying why it does not
 */
export async function openPlatform(provider: TfjsProvider): Promise<Platform> {
  try {
    switch (provider) {
      case "node-gpu":
      case "node":
        return await openNative(provider);
      case "wasm":
        return await openWasm();
      case "cpu":
        return await openPlain();
    }
  } catch (error) {
    throw new MotifError(
      "backend",
      `tfjs (${provider}) does not start: ${firstLine(error)}`,
      { cause: error },
    );
  }
}

/** The native packages are optional: whether one is installed, and for this Node, shows when it is loaded. */
async function openNative(provider: "node-gpu" | "node"): Promise<Platform> {
  // They call what Node 23 took away (tfjs issue 8425).
  const legacy = util as unknown as Record<string, unknown>;
  legacy["isNullOrUndefined"] ??= (value: unknown) =>
    value === null || value === undefined;
  const name: string = nativePackages[provider];
  const module = (await import(name)) as { default?: Tf } & Tf;
  return start(module.default ?? module, provider, "tensorflow");
}

async function openWasm(): Promise<Platform> {
  const tf = await import("@tensorflow/tfjs-core");
  await import("@tensorflow/tfjs-backend-cpu");
  const { setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
  const entry = createRequire(import.meta.url).resolve(
    "@tensorflow/tfjs-backend-wasm",
  );
  if (tf.findBackend("wasm") === null) setWasmPaths(`${dirname(entry)}/`);
  return keepingListeners(() => start(tf, "wasm", "wasm"));
}

async function openPlain(): Promise<Platform> {
  const tf = await import("@tensorflow/tfjs-core");
  await import("@tensorflow/tfjs-backend-cpu");
  return start(tf, "cpu", "cpu");
}

async function start(
  tf: Tf,
  provider: TfjsProvider,
  backendName: string,
): Promise<Platform> {
  tf.env().set("PROD", true); // no checks for NaN, no advice on the console
  if (!(await tf.setBackend(backendName)))
    throw new Error(`its backend ${backendName} did not initialise`);
  return { tf, provider, backendName };
}

/** The WASM module installs handlers that end the process on any rejection; errors are this process's own affair. */
async function keepingListeners<T>(load: () => Promise<T>): Promise<T> {
  const events = ["uncaughtException", "unhandledRejection"] as const;
  const before = new Map(
    events.map((event) => [event, process.rawListeners(event)]),
  );
  try {
    return await load();
  } finally {
    for (const [event, listeners] of before) {
      for (const listener of process.rawListeners(event))
        if (!listeners.includes(listener))
          process.removeListener(event, listener as () => void);
    }
  }
}

function firstLine(error: unknown): string {
  const { message } = error as Error;
  return (message ?? String(error)).split("\n")[0].trim();
}
