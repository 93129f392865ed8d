/** What a local search tells, as lines and a bar on the terminal. */
import type { Backend } from "../engine/index.ts";
import type { LocalSearchEvents } from "../local/local-search.ts";
import { powerNear } from "../report/class-summary.ts";
import { patternFraction } from "../report/images.ts";
import type { Progress } from "./progress.ts";

export function showSearch(
  progress: Progress,
  backend: Backend,
): LocalSearchEvents {
  const percent = (share: number) => `${(100 * share).toFixed(1)}%`;
  return {
    onPhase: (name) =>
      progress.phase(
        name === "Searching"
          ? `Searching on ${backend.name} (${backend.provider}, ${backend.threads} threads)`
          : name,
      ),
    onDecoded: (done, total) => progress.count(done, total, "images"),
    onPlanned: (work) => progress.begin(work),
    onWork: (work) => progress.advance(work),
    onWarning: (message) => progress.line(`Note: ${message}`),
    onPattern({ targetClass, canvasIndex, seed, ...pattern }, done, total) {
      const power = powerNear(pattern.predictivePower, patternFraction);
      progress.line(
        `${done}/${total}  class ${targetClass}, canvas ${canvasIndex}, seed ${seed}: ` +
          `${percent(power.power)} with ${power.k} pixels (base rate ${percent(power.baseRate)}), k* ${pattern.kStar ?? "∞"}`,
      );
    },
  };
}
