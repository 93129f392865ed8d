/** Commands that live in the compute node's program, run through Motif's launcher. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { ControlPlaneError } from "../control-plane-error.ts";

/** The same place from src/launcher and from dist/launcher. */
export const launcherPath = fileURLToPath(
  new URL("../../../infra/motif.mjs", import.meta.url),
);

/**
 * Runs `motif …args` and reads the JSON document that it prints.
 * @throws ControlPlaneError "conflict" with what it said on standard error, where it did not succeed
 */
export async function runMotif<T>(
  args: readonly string[],
  signal: AbortSignal,
): Promise<T> {
  const child = spawn(process.execPath, [launcherPath, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const stop = () => child.kill("SIGTERM");
  signal.addEventListener("abort", stop);
  let [output, said] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  try {
    const status = await new Promise<number | null>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", resolve);
    });
    signal.throwIfAborted();
    if (status === 0) return JSON.parse(output) as T;
  } finally {
    signal.removeEventListener("abort", stop);
  }
  throw new ControlPlaneError(
    "conflict",
    said.trim().replace(/^motif: /, "") || `motif ${args.join(" ")} failed.`,
  );
}
