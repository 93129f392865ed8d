/** Entry of the process that a trial runs in: `node trial-process.ts NAME PROVIDER THREADS` prints one line of JSON. */
import type { BackendName } from "../backends/backend.ts";
import { openCandidate } from "./candidates.ts";
import { checkBackend, timeBackend } from "./try-backend.ts";

const [name, provider, threads] = process.argv.slice(2);
let outcome: { readonly milliseconds: number } | { readonly reason: string };
try {
  const candidate = { name: name as BackendName, provider };
  const backend = await openCandidate(candidate, Number(threads));
  await checkBackend(backend);
  outcome = {
    milliseconds: await timeBackend(backend, () => performance.now()),
  };
} catch (error) {
  outcome = { reason: (error as Error).message };
}
process.stdout.write(`${JSON.stringify(outcome)}\n`, () => process.exit(0));
