/** What a search computes with: a model's forward pass for predictions, and the graph of a step. */
import type { Classifier } from "../classifier/classifier.ts";
import type { Backend, Executable } from "../engine/index.ts";
import { compilePredictor, type Predictor } from "../evaluation/predict.ts";
import type { SearchSettings } from "../search/settings.ts";
import { buildStepGraph } from "../search/step-graph.ts";

/** One run at a time of each. */
export interface CompiledSearch {
  readonly predictor: Predictor;
  readonly executable: Executable;
  dispose(): Promise<void>;
}

/** Floats of images that share a forward pass: with them a ResNet-18 of 32×32 stays under 1 GB. */
const packedFloats = 8 * 4 * 3 * 32 * 32;

/** S where the user does not say: 8 for small images, fewer where 8 would only take memory. */
export function choosePack(
  imageShape: readonly [number, number, number],
  batchSize: number,
): number {
  const [channels, height, width] = imageShape;
  return Math.max(
    1,
    Math.min(
      8,
      Math.floor(packedFloats / (batchSize * channels * height * width)),
    ),
  );
}

/** @throws MotifError "backend" when the backend refuses a graph, "model" when the model does not take that many images */
export async function compileSearch(
  classifier: Classifier,
  backend: Backend,
  settings: Pick<SearchSettings, "batchSize" | "alpha" | "canvasSource">,
  pack: number,
): Promise<CompiledSearch> {
  const { batchSize, alpha, canvasSource } = settings;
  const predictor = await compilePredictor(
    classifier,
    backend,
    pack * batchSize,
  );
  try {
    const executable = await backend.compile(
      buildStepGraph(classifier, {
        pack,
        batchSize,
        alpha,
        withCanvasGradient: canvasSource === "free",
      }),
    );
    return {
      predictor,
      executable,
      async dispose() {
        await executable.dispose();
        await predictor.dispose();
      },
    };
  } catch (error) {
    await predictor.dispose();
    throw error;
  }
}
