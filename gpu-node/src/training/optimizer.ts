/** The update of a weight, as graph nodes: it runs in the same graph as forward and backward pass. */
import type { GraphBuilder, Value } from "../engine/index.ts";

export interface SgdSettings {
  /** μ: share of the last velocity that is kept, 0…1. */
  readonly momentum: number;
  /** λ: of the weight added to its gradient. */
  readonly weightDecay: number;
}

/** A weight and its velocity, before or after a step. */
export interface WeightState {
  readonly weight: Value;
  readonly velocity: Value;
}

/**
 * Stochastic gradient descent with Nesterov momentum:
 *
 *     d = ∂L/∂w + λ·w,    v ← μ·v + d,    w ← w − η·(d + μ·v)
 *
 * Source: Sutskever et al., "On the importance of initialization and momentum in deep learning" (2013), in the form in which
 * v holds gradients, not steps, so that η may change from step to step.
 * @param learningRate η, float32 scalar
 */
export function addSgdUpdate(
  g: GraphBuilder,
  { weight, velocity }: WeightState,
  gradient: Value,
  learningRate: Value,
  { momentum, weightDecay }: SgdSettings,
): WeightState {
  const times = (a: Value, b: Value) => g.add("Mul", [a, b], {});
  const plus = (a: Value, b: Value) => g.add("Add", [a, b], {});
  const decayed =
    weightDecay === 0
      ? gradient
      : plus(gradient, times(weight, g.scalar(weightDecay)));
  const next = plus(times(velocity, g.scalar(momentum)), decayed);
  const direction = plus(decayed, times(next, g.scalar(momentum)));
  return {
    weight: g.add("Sub", [weight, times(direction, learningRate)], {}),
    velocity: next,
  };
}
