/**
 * Trying a backend in a process of its own: a driver that crashes, hangs or writes to the terminal does so there, and
 * what the losers loaded is gone afterwards.
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { formatCandidate, type Candidate } from "./candidates.ts";

export interface Trial {
  readonly candidate: Candidate;
  /** Of the probe graph; null where the candidate failed. */
  readonly milliseconds: number | null;
  /** Why it failed. */
  readonly reason: string;
}

/** Drivers compile shaders on first use; a software renderer takes longer than this and is not worth waiting for. */
const longestMs = 15_000;

/** Never throws: a failure is an answer. */
export async function tryCandidate(
  candidate: Candidate,
  threads: number,
): Promise<Trial> {
  const { name, provider } = candidate;
  const entry = fileURLToPath(new URL("trial-process.ts", import.meta.url));
  const failed = (reason: string): Trial => ({
    candidate,
    milliseconds: null,
    reason,
  });
  return new Promise((resolve) => {
    const child = spawn(
      process.execPath,
      [entry, name, provider, String(threads)],
      {
        stdio: ["ignore", "pipe", "ignore"],
        timeout: longestMs,
        killSignal: "SIGKILL",
      },
    );
    let printed = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
    });
    child.on("error", (error) => resolve(failed(error.message)));
    child.on("close", (code, signal) => {
      const outcome = readOutcome(printed);
      if (outcome === null) {
        const end =
          signal === "SIGKILL"
            ? `no answer within ${longestMs / 1000} s`
            : `its process ended with ${signal ?? `status ${code}`}`;
        resolve(failed(`${formatCandidate(candidate)}: ${end}`));
      } else if (typeof outcome.milliseconds === "number")
        resolve({ candidate, milliseconds: outcome.milliseconds, reason: "" });
      else resolve(failed(outcome.reason ?? "it gave no reason"));
    });
  });
}

/** The last line printed, where it is a trial's: libraries print too. */
function readOutcome(
  printed: string,
): { readonly milliseconds?: number; readonly reason?: string } | null {
  const line = printed.trim().split("\n").at(-1) ?? "";
  try {
    return JSON.parse(line) as { milliseconds?: number; reason?: string };
  } catch {
    return null;
  }
}
