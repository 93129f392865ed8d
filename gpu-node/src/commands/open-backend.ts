/** `--backend` and `--threads` on the command line. */
import { availableParallelism } from "node:os";
import {
  chooseBackend,
  describeTrials,
  type Backend,
  type BackendRequest,
} from "../engine/index.ts";
import { MotifError } from "../motif-error.ts";

const names = ["auto", "onnxruntime", "tfjs", "reference"] as const;

export const backendHelp =
  "what computes: auto (the fastest that works here), onnxruntime, tfjs or reference; " +
  "with a provider after a colon, such as onnxruntime:webgpu or tfjs:wasm, exactly that one";

/** @throws MotifError "usage" when `text` is not a backend's name, perhaps with a colon and a provider */
export function parseBackendRequest(text: string): BackendRequest {
  const [name, provider, ...rest] = text.split(":");
  const known = names.find((each) => each === name);
  const isWhole = rest.length === 0 && provider !== "";
  if (!known || !isWhole || (known === "auto" && provider !== undefined)) {
    throw new MotifError(
      "usage",
      `--backend ${text}: ${names.join(", ")}, or a backend and its provider such as onnxruntime:webgpu, is expected.`,
    );
  }
  return { name: known, provider };
}

/**
 * @param text of the option
 * @param options.threads the machine's cores where absent
 * @param options.onTrials told in one line what was tried, where something was
 * @throws MotifError "usage" when there is no such backend, "backend" when it does not work on this machine
 */
export async function openBackend(
  text: string,
  options: {
    readonly threads?: number;
    readonly onTrials?: (line: string) => void;
  } = {},
): Promise<Backend> {
  const { threads = availableParallelism(), onTrials } = options;
  const { backend, trials } = await chooseBackend(
    parseBackendRequest(text),
    threads,
  );
  if (trials.length > 0) {
    const chosen = `${backend.name} (${backend.provider})`;
    onTrials?.(`Backend: ${chosen}. ${describeTrials(trials)}`);
  }
  return backend;
}
