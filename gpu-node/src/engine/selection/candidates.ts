/** Backends with their providers, in the order of preference, and how each is opened. */
import type { Backend, BackendName } from "../backends/backend.ts";
import {
  listProviders,
  onnxruntimeBackend,
  type Provider,
} from "../backends/onnxruntime.ts";
import { referenceBackend } from "../backends/reference.ts";
import {
  listTfjsProviders,
  openTfjs,
  type TfjsProvider,
} from "../backends/tfjs.ts";
import { MotifError } from "../../motif-error.ts";

export interface Candidate {
  readonly name: BackendName;
  readonly provider: string;
}

/** What this installation carries, fastest first within a backend; whether it works shows when it is tried. */
export function listCandidates(name: BackendName): Candidate[] {
  const providers = {
    onnxruntime: listProviders,
    tfjs: listTfjsProviders,
    reference: () => ["typescript"],
  }[name]();
  return providers.map((provider) => ({ name, provider }));
}

/** @throws MotifError "backend" when it is not there or does not start */
export async function openCandidate(
  { name, provider }: Candidate,
  threads: number,
): Promise<Backend> {
  const known = listCandidates(name).map((candidate) => candidate.provider);
  if (!known.includes(provider)) {
    throw new MotifError(
      "backend",
      `${name} has no provider ${provider} here: choose one of ${known.join(", ")}.`,
    );
  }
  switch (name) {
    case "onnxruntime":
      return onnxruntimeBackend({ provider: provider as Provider, threads });
    case "tfjs":
      return openTfjs({ provider: provider as TfjsProvider, threads });
    case "reference":
      return referenceBackend();
  }
}

export function formatCandidate({ name, provider }: Candidate): string {
  return `${name} (${provider})`;
}
