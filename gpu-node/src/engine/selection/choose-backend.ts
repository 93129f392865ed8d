/**
 * Which backend computes. What a person names is taken, or refused with the reason; what is left open is tried on this
 * machine: "auto" takes the fastest that works, a backend without a provider its best one that works. Clocks are asked
 * only where there is a choice: with nothing but what this package brings, the choice is the same every time.
 */
import { MotifError } from "../../motif-error.ts";
import type { Backend, BackendName } from "../backends/backend.ts";
import {
  formatCandidate,
  listCandidates,
  openCandidate,
  type Candidate,
} from "./candidates.ts";
import { checkBackend } from "./try-backend.ts";
import { tryCandidate, type Trial } from "./trial.ts";

export interface BackendRequest {
  readonly name: BackendName | "auto";
  /** Of the backend named; left open where absent. */
  readonly provider?: string;
}

export interface BackendChoice {
  readonly backend: Backend;
  /** What was tried on the way, in order. */
  readonly trials: readonly Trial[];
}

/** Part of this package and of one speed class each: taken in this order where nothing faster works. */
const builtIn: readonly Candidate[] = [
  { name: "onnxruntime", provider: "cpu" },
  { name: "tfjs", provider: "wasm" },
  { name: "tfjs", provider: "cpu" },
];

/** A later candidate has to be this much faster: less is noise, and the choice should be the same every time. */
const margin = 0.8;

/**
 * @param threads CPU threads
 * @throws MotifError "backend" when what was named does not work, or nothing does
 */
export async function chooseBackend(
  { name, provider }: BackendRequest,
  threads: number,
): Promise<BackendChoice> {
  if (name === "reference") provider ??= "typescript";
  if (name !== "auto" && provider !== undefined)
    return {
      backend: await openChecked({ name, provider }, threads),
      trials: [],
    };
  const names = name === "auto" ? (["onnxruntime", "tfjs"] as const) : [name];
  const isBuiltIn = (candidate: Candidate) =>
    builtIn.some(
      (each) =>
        each.name === candidate.name && each.provider === candidate.provider,
    );
  // What needs a driver or a package of its own is tried first, side by side: mostly nothing of it works.
  const accelerated = names
    .flatMap(listCandidates)
    .filter((each) => !isBuiltIn(each));
  const trials = await Promise.all(
    accelerated.map((each) => tryCandidate(each, threads)),
  );
  const working = trials
    .filter(({ milliseconds }) => milliseconds !== null)
    .map(({ candidate }) => candidate);
  const known = builtIn.filter((each) => names.some((n) => n === each.name));
  if (working.length > 0) {
    const contenders =
      name === "auto" ? [...working, builtIn[0]] : working.slice(0, 1);
    return chooseFastest(contenders, trials, threads);
  }
  return openFirst(known, trials, threads);
}

/** Timed one after the other, so that none slows another down; of those that are equally fast the first. */
async function chooseFastest(
  contenders: readonly Candidate[],
  earlier: readonly Trial[],
  threads: number,
): Promise<BackendChoice> {
  const trials = earlier.filter(({ milliseconds }) => milliseconds === null);
  let best: Candidate = contenders[0];
  let fastest = Infinity;
  for (const candidate of contenders.length > 1 ? contenders : []) {
    const trial = await tryCandidate(candidate, threads);
    trials.push(trial);
    if (trial.milliseconds === null) continue;
    if (fastest !== Infinity && trial.milliseconds > margin * fastest) continue;
    [best, fastest] = [candidate, trial.milliseconds];
  }
  return { backend: await openChecked(best, threads), trials };
}

async function openFirst(
  candidates: readonly Candidate[],
  earlier: readonly Trial[],
  threads: number,
): Promise<BackendChoice> {
  const trials = [...earlier];
  for (const candidate of candidates) {
    try {
      return { backend: await openChecked(candidate, threads), trials };
    } catch (error) {
      if (!(error instanceof MotifError)) throw error;
      trials.push({ candidate, milliseconds: null, reason: error.message });
    }
  }
  throw new MotifError(
    "backend",
    `nothing of that works on this machine. ${describeTrials(trials)} Install again with npm ci; --backend reference works everywhere, slowly.`,
  );
}

async function openChecked(
  candidate: Candidate,
  threads: number,
): Promise<Backend> {
  const backend = await openCandidate(candidate, threads);
  if (candidate.name !== "reference") await checkBackend(backend);
  return backend;
}

/** One line: what was as fast as what, and what did not work and why. */
export function describeTrials(trials: readonly Trial[]): string {
  const timed = trials.filter(({ milliseconds }) => milliseconds !== null);
  const failed = trials.filter(({ milliseconds }) => milliseconds === null);
  const sentences = [];
  if (timed.length > 0) {
    const times = timed.map(
      ({ candidate, milliseconds }) =>
        `${formatCandidate(candidate)} ${milliseconds!.toFixed(1)} ms`,
    );
    sentences.push(`Probe: ${times.join(", ")}.`);
  }
  if (failed.length > 0) {
    const reasons = failed.map(
      ({ candidate, reason }) =>
        `${formatCandidate(candidate)}: ${lastClause(reason)}`,
    );
    sentences.push(`Not usable: ${reasons.join("; ")}.`);
  }
  return sentences.join(" ");
}

/** What says most in a native library's message. */
function lastClause(reason: string): string {
  const [line] = reason.split("\n").filter((text) => text.trim() !== "");
  return (line ?? reason).split(": ").at(-1)!.trim().replace(/\.$/, "");
}
