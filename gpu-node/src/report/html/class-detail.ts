/** What opens under a tile: every view of the best pattern, its curve, its sources, and all searches of the class. */
import { className, powerNear, type ClassSummary } from "../class-summary.ts";
import { patternFraction } from "../images.ts";
import { chanceOverlap, overlapOf, type Overlap } from "../overlap.ts";
import type { PatternResult, Result } from "../result.ts";
import { wilson95 } from "../../evaluation/wilson.ts";
import { curveFigure } from "./curve-svg.ts";
import {
  counted,
  decimal,
  fractionText,
  integer,
  interval,
  kStarText,
  percent,
} from "./format.ts";
import { detailId, tileId } from "./gallery.ts";
import { triggerBox } from "./ground-truth.ts";
import { html, type Markup } from "./markup.ts";
import {
  layeredPicture,
  singlePicture,
  views,
  type InlinePictures,
  type PictureSize,
} from "./picture.ts";
import { thresholdOf } from "./settings-text.ts";

/** From so many sources on, only the strongest and weakest are drawn. */
const mostSources = 16;
const sourcesAtEachEnd = 8;

export interface DetailedPattern {
  readonly pattern: PatternResult;
  readonly pictures: InlinePictures;
}

/**
 * @param patterns of the class, the best one among them
 * @param neighbours the classes that "previous" and "next" lead to
 */
export function classDetail(
  result: Result,
  summary: ClassSummary,
  patterns: readonly DetailedPattern[],
  neighbours: {
    readonly previous?: number | undefined;
    readonly next?: number | undefined;
  },
): Markup {
  const { classIndex, name, best, power } = summary;
  const [, height, width] = result.model.inputShape;
  const size: PictureSize = [height, width];
  const shown = patterns.find(({ pattern }) => pattern === best);
  return html`<li
    class="detail"
    id="${detailId(classIndex)}"
    data-of="${classIndex}"
  >
    <div class="detail-head">
      <h3><bdi>${name}</bdi></h3>
      <p>
        class ${classIndex} · canvas ${best.canvasIndex}, seed ${best.seed} ·
        ${percent(power.power)} with ${counted(power.k, "pixel")}
        (${fractionText(power.fraction)}), 95% interval
        ${interval(power.wilson95)}, base rate ${percent(power.baseRate)},
        ${counted(power.n, "image")} · k* ${kStarText(best.kStar)} · mask L1
        ${decimal(best.maskL1)}
      </p>
      <p class="ways">
        ${way("Previous", neighbours.previous)} ${way("Next", neighbours.next)}
        <a href="#${tileId(classIndex)}" class="close">Close</a>
      </p>
    </div>
    ${
      shown !== undefined &&
      html`<ul class="shots">
        ${views.map(
          (view) =>
            html`<li>
              ${singlePicture(
                shown.pictures,
                size,
                view.id,
                `${view.label}, class ${name}`,
                triggerBox(result, classIndex),
              )}<span>${view.label}</span>
            </li>`,
        )}
      </ul>`
    }
    <div class="columns">
      <div>
        <h4>Size and power</h4>
        ${curveFigure(best.predictivePower, best.kStar)}
        <p class="small">
          <span><i class="key line-key"></i>predictive power</span>
          <span><i class="key band-key"></i>95% interval</span>
          <span><i class="key base-key"></i>base rate</span>
          <span
            ><i class="key star-key"></i>k*, the smallest size that reaches
            ${percent(thresholdOf(result))}</span
          >
        </p>
      </div>
      ${sources(result, best)}
    </div>
    ${patterns.length > 1 && allSearches(result, patterns, best, size)}
  </li>`;
}

function way(label: string, classIndex: number | undefined): Markup | null {
  return classIndex === undefined
    ? null
    : html`<a href="#${detailId(classIndex)}">${label}</a>`;
}

function sources(result: Result, best: PatternResult): Markup | null {
  if (best.sourceToTarget.length === 0) return null;
  const sorted = [...best.sourceToTarget].sort(
    (a, b) => b.power - a.power || a.sourceClass - b.sourceClass,
  );
  const isCut = sorted.length > mostSources;
  const drawn = isCut
    ? [...sorted.slice(0, sourcesAtEachEnd), ...sorted.slice(-sourcesAtEachEnd)]
    : sorted;
  return html`<div>
    <h4>From which classes</h4>
    <table class="bars">
      <caption class="unseen">
        Share of each source class that the pattern turns
      </caption>
      <thead class="unseen">
        <tr>
          <th scope="col">Source class</th>
          <th scope="col">Bar</th>
          <th scope="col">Predictive power and 95% interval</th>
        </tr>
      </thead>
      <tbody>
        ${drawn.map((row) => {
          const [low, high] = wilson95(Math.round(row.power * row.n), row.n);
          const name = className(result, row.sourceClass);
          return html`<tr>
            <th scope="row" title="${name}"><bdi>${name}</bdi></th>
            <td aria-hidden="true">
              <span class="bar"
                ><i style="width:${cssShare(row.power)}"></i
                ><b
                  style="left:${cssShare(low)};width:${cssShare(high - low)}"
                ></b
              ></span>
            </td>
            <td>
              ${percent(row.power)} <small>${interval([low, high])}</small>
            </td>
          </tr>`;
        })}
      </tbody>
    </table>
    <p class="small">
      <span
        >With 5% of the pixels, on about ${integer(sorted[0].n)} images of each
        class; 95%
        intervals${
          isCut &&
          `; the ${sourcesAtEachEnd} strongest and ${sourcesAtEachEnd} weakest of ${integer(sorted.length)} source classes, all of them in result.json`
        }.</span
      >
    </p>
  </div>`;
}

function allSearches(
  result: Result,
  patterns: readonly DetailedPattern[],
  best: PatternResult,
  size: PictureSize,
): Markup {
  const overlap = overlapOf(
    patterns.map(({ pattern }) => pattern),
    size[0] * size[1],
  );
  const lines = [
    overlapText("seeds", overlap.betweenSeeds),
    overlapText("canvases", overlap.betweenCanvases),
  ].filter((line) => line !== null);
  return html`<h4>All ${counted(patterns.length, "search", "searches")}</h4>
    <ul class="searches">
      ${patterns.map(({ pattern, pictures }) => {
        const power = powerNear(pattern.predictivePower, patternFraction);
        return html`<li>
          ${layeredPicture(
            pictures,
            size,
            "",
            triggerBox(result, pattern.targetClass),
          )}
          <p>
            <b>${percent(power.power)}</b> k* ${kStarText(pattern.kStar)}<br />
            canvas ${pattern.canvasIndex}, seed
            ${pattern.seed}${pattern === best && ", shown"}<br />
            mask L1 ${decimal(pattern.maskL1)}
          </p>
        </li>`;
      })}
    </ul>
    ${
      lines.length > 0 &&
      html`<p class="small">
        <span
          >Overlap of the strongest 5% of the pixels (intersection over union):
          ${lines.join("; ")}. Chance would give
          ${chanceOverlap(size[0] * size[1]).toFixed(2)}.</span
        >
      </p>`
    }`;
}

function overlapText(what: string, overlap: Overlap | null): string | null {
  return overlap === null
    ? null
    : `${overlap.mean.toFixed(2)} between ${what} (${counted(overlap.pairs, "pair")})`;
}

function cssShare(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}
