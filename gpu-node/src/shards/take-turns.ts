/**
 * Backends as several shards at once use them. On a CPU each has executables of its own, which run side by side; an accelerator
 * gains nothing from that, and its driver need not stand it: there the runs of all executables take turns.
 */
import type { Backend } from "../engine/index.ts";

const sideBySide = new Set(["cpu", "typescript"]);

/** The same backend, all of whose executables run one at a time where it is an accelerator. */
export function takeTurns(backend: Backend): Backend {
  if (sideBySide.has(backend.provider)) return backend;
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };
  return {
    name: backend.name,
    provider: backend.provider,
    threads: backend.threads,
    compile: (graph) =>
      inTurn(async () => {
        const executable = await backend.compile(graph);
        return {
          run: (feeds) => inTurn(() => executable.run(feeds)),
          dispose: () => inTurn(() => executable.dispose()),
        };
      }),
  };
}
