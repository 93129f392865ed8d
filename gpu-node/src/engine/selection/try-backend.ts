/** Whether a backend computes rightly here, and how fast. */
import { MotifError } from "../../motif-error.ts";
import type { Backend, Executable } from "../backends/backend.ts";
import { referenceBackend } from "../backends/reference.ts";
import {
  buildProbeGraph,
  checkedSize,
  probeImages,
  timedSize,
} from "./probe-graph.ts";

/** Relative to the largest magnitude: beyond it something is wrong, not just rounded. */
const tolerance = 1e-3;
const timedRuns = 4;

/** @throws MotifError "backend" when it does not compute what the reference does */
export async function checkBackend(backend: Backend): Promise<void> {
  const graph = buildProbeGraph(checkedSize);
  const feeds = { images: probeImages(checkedSize) };
  const oracle = await referenceBackend().compile(graph);
  const expected = await oracle.run(feeds);
  await using(await backend.compile(graph), async (executable) => {
    const given = await executable.run(feeds);
    for (const [index, { data }] of expected.entries()) {
      const scale = Math.max(...data.map(Math.abs));
      const isRight = data.every(
        (x, i) => Math.abs(x - given[index].data[i]) <= tolerance * scale,
      );
      if (!isRight)
        throw new MotifError(
          "backend",
          `${backend.name} (${backend.provider}) computes wrong numbers on this machine`,
        );
    }
  });
}

/** The fastest of a few runs of a net's gradient, in milliseconds; the first, which warms up, is not counted. */
export async function timeBackend(
  backend: Backend,
  now: () => number,
): Promise<number> {
  const feeds = { images: probeImages(timedSize) };
  const executable = await backend.compile(buildProbeGraph(timedSize));
  return using(executable, async () => {
    await executable.run(feeds);
    let fastest = Infinity;
    for (let i = 0; i < timedRuns; i++) {
      const began = now();
      await executable.run(feeds);
      fastest = Math.min(fastest, now() - began);
    }
    return fastest;
  });
}

async function using<T>(
  executable: Executable,
  use: (executable: Executable) => Promise<T>,
): Promise<T> {
  try {
    return await use(executable);
  } finally {
    await executable.dispose();
  }
}
