/** The graph that a search runs at every step, on every backend of this machine. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { openEveryBackend } from "../../gpu-node/src/engine/backends/check-backends.ts";
import {
  referenceBackend,
  type Graph,
} from "../../gpu-node/src/engine/index.ts";
import { sequence } from "../../gpu-node/src/engine/ops/check-operator.ts";
import { buildStepGraph, openClassifier } from "../../gpu-node/src/index.ts";

const shared =
  process.env["MOTIF_SHARED"] ??
  fileURLToPath(new URL("../../../shared", import.meta.url));
const model = `${shared}/models/resnet20-cifar10.onnx`;
const absent = existsSync(model)
  ? ""
  : ` [absent: ${model}; MOTIF_SHARED names the folder]`;

const candidates = await openEveryBackend();
const present = candidates.filter(({ backend }) => backend !== null);

/** Pictures, masks and canvases in (0, 1); one target a search. */
function feedsOf(graph: Graph): Record<string, Float32Array> {
  return Object.fromEntries(
    graph.inputs.map(({ name, shape }, index) => {
      const numbers = sequence(
        shape.reduce((product, size) => product * size, 1),
        index + 1,
      ).map((x) => x / 2 + 0.5);
      if (name !== "targets") return [name, numbers];
      const classes = shape[1];
      return [
        name,
        numbers.map((_, i) =>
          i % classes === (3 * Math.floor(i / classes)) % classes ? 1 : 0,
        ),
      ];
    }),
  );
}

describe.skipIf(absent !== "")(`the step graph of a ResNet-20${absent}`, () => {
  it.each(present)(
    "gives the reference's numbers on $title",
    async ({ backend }) => {
      const graph = buildStepGraph(await openClassifier(model), {
        pack: 2,
        batchSize: 1,
        alpha: 0.2,
        withCanvasGradient: true,
      });
      const feeds = feedsOf(graph);
      const oracle = await referenceBackend().compile(graph);
      const expected = await oracle.run(feeds);
      const executable = await backend!.compile(graph);
      const given = await executable.run(feeds);
      await executable.dispose();
      for (const [index, { data }] of expected.entries()) {
        const numbers = Array.from(data);
        const scale = Math.max(...numbers.map(Math.abs));
        const worst = Math.max(
          ...numbers.map((x, i) => Math.abs(x - given[index].data[i])),
        );
        expect(scale).toBeGreaterThan(0);
        expect(worst / scale, graph.outputs[index].name).toBeLessThan(1e-4);
      }
    },
  );
});
