/**
 * Run as a process of its own, since drivers are found when the library loads: a small net's loss and gradient by the
 * WebGPU provider, as JSON beside the reference's.
 */
import { referenceBackend } from "../../gpu-node/src/engine/index.ts";
import { onnxruntimeBackend } from "../../gpu-node/src/engine/index.ts";
import {
  buildProbeGraph,
  checkedSize,
  probeImages,
} from "../../gpu-node/src/engine/selection/probe-graph.ts";

const graph = buildProbeGraph(checkedSize);
const results = [];
for (const backend of [
  referenceBackend(),
  onnxruntimeBackend({ provider: "webgpu", threads: 1 }),
]) {
  const executable = await backend.compile(graph);
  const outputs = await executable.run({ images: probeImages(checkedSize) });
  results.push(outputs.map(({ data }) => [...data]));
  await executable.dispose();
}
process.stdout.write(`\n${JSON.stringify(results)}\n`, () => process.exit(0));
