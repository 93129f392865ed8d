/** Updates of weights, as graph nodes: they run in the same graph as forward and backward pass. */
import type { GraphBuilder, Value } from "../engine/index.ts";

export const optimizerNames = ["sgd", "adamw"] as const;

export interface SgdSettings {
  readonly name: "sgd";
  /** μ: share of the last velocity that is kept, 0…1. */
  readonly momentum: number;
  /** λ: of the weight added to its gradient. */
  readonly weightDecay: number;
}

export interface AdamwSettings {
  readonly name: "adamw";
  /** λ: of the weight taken off it, times η. */
  readonly weightDecay: number;
}

export type OptimizerSettings = SgdSettings | AdamwSettings;

/** A weight and what the optimizer remembers of it, before or after a step. */
export interface WeightState {
  readonly weight: Value;
  /** One for each name of `slotNames`, of the weight's shape; zeros before the first step. */
  readonly slots: readonly Value[];
}

export interface Optimizer {
  readonly slotNames: readonly string[];
  /** Scalars that change from step to step, beside the learning rate. */
  readonly scalarNames: readonly string[];
  /** @param step from 0 @returns one for each of `scalarNames` */
  scalarsAt(step: number): readonly number[];
  /**
   * @param learningRate η, float32 scalar
   * @param scalars float32, one for each of `scalarNames`
   * @param hasDecay whether λ counts for this weight
   */
  addUpdate(
    g: GraphBuilder,
    state: WeightState,
    gradient: Value,
    learningRate: Value,
    scalars: readonly Value[],
    hasDecay: boolean,
  ): WeightState;
}

export const newOptimizer = (settings: OptimizerSettings): Optimizer =>
  settings.name === "sgd" ? newSgd(settings) : newAdamw(settings);

/**
 * Stochastic gradient descent with Nesterov momentum:
 *
 *     d = ∂L/∂w + λ·w,    v ← μ·v + d,    w ← w − η·(d + μ·v)
 *
 * Source: Sutskever et al., "On the importance of initialization and momentum in deep learning" (2013), in the form in which
 * v holds gradients, not steps, so that η may change from step to step.
 */
function newSgd({ momentum, weightDecay }: SgdSettings): Optimizer {
  return {
    slotNames: ["velocity"],
    scalarNames: [],
    scalarsAt: () => [],
    addUpdate(g, { weight, slots: [velocity] }, gradient, rate, _, hasDecay) {
      const { times, plus } = arithmetic(g);
      const decay = hasDecay ? weightDecay : 0;
      const decayed =
        decay === 0 ? gradient : plus(gradient, times(weight, g.scalar(decay)));
      const next = plus(times(velocity, g.scalar(momentum)), decayed);
      const direction = plus(decayed, times(next, g.scalar(momentum)));
      return {
        weight: g.add("Sub", [weight, times(direction, rate)], {}),
        slots: [next],
      };
    },
  };
}

const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8];

/**
 * Adam with decoupled decay:
 *
 *     m ← β₁·m + (1 − β₁)·∂L/∂w,    u ← β₂·u + (1 − β₂)·(∂L/∂w)²
 *     w ← w − η·( m/(1 − β₁ᵗ) / (√(u/(1 − β₂ᵗ)) + ε) + λ·w ),    β₁ = 0.9, β₂ = 0.999, ε = 10⁻⁸
 *
 * Source: Loshchilov & Hutter, "Decoupled weight decay regularization", arXiv 1711.05101, algorithm 2.
 */
function newAdamw({ weightDecay }: AdamwSettings): Optimizer {
  return {
    slotNames: ["mean", "square"],
    scalarNames: ["mean_correction", "square_correction"],
    scalarsAt: (step) => [
      1 / (1 - beta1 ** (step + 1)),
      1 / (1 - beta2 ** (step + 1)),
    ],
    addUpdate(g, state, gradient, rate, corrections, hasDecay) {
      const { times, plus } = arithmetic(g);
      const {
        weight,
        slots: [mean, square],
      } = state;
      const [meanCorrection, squareCorrection] = corrections;
      const nextMean = plus(
        times(mean, g.scalar(beta1)),
        times(gradient, g.scalar(1 - beta1)),
      );
      const nextSquare = plus(
        times(square, g.scalar(beta2)),
        times(times(gradient, gradient), g.scalar(1 - beta2)),
      );
      const root = g.add("Sqrt", [times(nextSquare, squareCorrection)], {});
      const step = g.add(
        "Div",
        [times(nextMean, meanCorrection), plus(root, g.scalar(epsilon))],
        {},
      );
      const whole =
        hasDecay && weightDecay !== 0
          ? plus(step, times(weight, g.scalar(weightDecay)))
          : step;
      return {
        weight: g.add("Sub", [weight, times(whole, rate)], {}),
        slots: [nextMean, nextSquare],
      };
    },
  };
}

const arithmetic = (g: GraphBuilder) => ({
  times: (a: Value, b: Value) => g.add("Mul", [a, b], {}),
  plus: (a: Value, b: Value) => g.add("Add", [a, b], {}),
});
