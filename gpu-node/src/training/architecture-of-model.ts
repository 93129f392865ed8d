/**
 * A model as an architecture: its own graph, its weights the parameters, and where they start. That is fine-tuning. Batch
 * normalisations keep the statistics that they were exported with, as is usual where few images are trained on; their scales and
 * shifts are trained. What a model drops in training it does not drop here: files are exported without it.
 */
import type { Classifier } from "../classifier/classifier.ts";
import { graft, valueAndGrad, type ImportedModel } from "../engine/index.ts";
import { MotifError } from "../motif-error.ts";
import type { Architecture } from "./architecture.ts";

/** Inputs of a training step; a weight of such a name gets another. */
const reserved = new Set(["images", "targets", "learning_rate"]);

/**
 * @throws MotifError "model" when nothing of it can be trained, or something only without a gradient: names weight, operator and
 * node
 */
export function architectureOf(model: Classifier): Architecture {
  const imported = new Map<number, ImportedModel>();
  const importAt = (batch: number): ImportedModel => {
    let known = imported.get(batch);
    if (!known) imported.set(batch, (known = model.importForTraining(batch)));
    return known;
  };
  requireGradients(model.name, importAt(1));
  return {
    // In the exported file: the same weights are the same bytes whatever the model is called.
    name: "fine-tuned",
    description: "a model as it is",
    smallestImage: 1,
    layout: model.mapping.layout,
    addLogits({ g, parameter }, images) {
      const { graph, input, weights } = importAt(images.shape[0]);
      const replacements = new Map([[input, images]]);
      for (const { value, data, role } of weights) {
        const { name, shape } = value;
        replacements.set(
          value,
          parameter({
            name: reserved.has(name) ? `${name}.weight` : name,
            shape,
            start: { values: data },
            hasDecay: role === "filter",
          }),
        );
      }
      return graft(g, graph, replacements)[0];
    },
  };
}

function requireGradients(
  name: string,
  { graph, logits, weights }: ImportedModel,
): void {
  if (weights.length === 0)
    throw new MotifError(
      "model",
      `${name} cannot be fine-tuned: it holds no weights, float tensors that Conv, Gemm, MatMul or a normalisation takes. Export it with its weights as initialisers.`,
    );
  try {
    valueAndGrad(
      graph,
      logits,
      weights.map(({ value }) => value),
    );
  } catch (error) {
    if (!(error instanceof MotifError)) throw error;
    throw new MotifError(
      "model",
      `${name} cannot be fine-tuned: ${error.message}. Export it without that operator.`,
      { cause: error },
    );
  }
}
