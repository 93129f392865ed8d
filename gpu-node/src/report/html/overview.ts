/** All classes on one scale, strongest first, so that an outlier stands out: a dot chart that is its own table of numbers. */
import {
  median,
  powerNear,
  smallFraction,
  type ClassSummary,
} from "../class-summary.ts";
import type { Result } from "../result.ts";
import { shareScale, sizeScale, type DotScale } from "./dot-scale.ts";
import {
  decimal,
  fractionText,
  integer,
  interval,
  kStarText,
  percent,
} from "./format.ts";
import { detailId } from "./gallery.ts";
import { isStatedTarget } from "./ground-truth.ts";
import { html, type Markup } from "./markup.ts";
import { thresholdOf } from "./settings-text.ts";
import { strongestFirst } from "./strongest.ts";

/** Rows that stand open; the others are folded away. */
const openRows = 25;
/** Most dots of other searches in a row. */
const mostGhosts = 60;

export function overview(
  result: Result,
  summaries: readonly ClassSummary[],
): Markup | null {
  const first = summaries[0];
  if (first === undefined) return null;
  const sorted = strongestFirst(summaries);
  const sizes = sizeScale(first.best.predictivePower.map((entry) => entry.k));
  const medians = {
    power: median(summaries.map((summary) => summary.smallPower.power)),
    star: median(summaries.map((summary) => summary.best.kStar ?? Infinity)),
  };
  const { k, fraction } = first.smallPower;
  const threshold = percent(thresholdOf(result)).replace(".0", "");
  const rows = sorted.map((summary) => row(result, summary, sizes, medians));
  const table = (body: readonly Markup[], caption: string): Markup =>
    html`<table class="dots">
      <caption class="unseen">
        ${caption}
      </caption>
      <thead>
        <tr>
          <th scope="col">Class</th>
          <th scope="col" class="wide">
            Power with ${integer(k)} pixels (${fractionText(fraction)})
            ${axis(shareScale)}
          </th>
          <th scope="col">
            <span class="unseen">Power and 95% interval</span>
          </th>
          <th scope="col" class="wide">
            k*, pixels that reach ${threshold} ${axis(sizes)}
          </th>
          <th scope="col"><span class="unseen">k*</span></th>
        </tr>
      </thead>
      <tbody>
        ${body}
      </tbody>
    </table>`;
  return html`<section id="overview" aria-labelledby="overview-title">
    <h2 id="overview-title">All classes on one scale</h2>
    <p class="prose">
      A backdoored class tends to need far fewer pixels than the others. The
      median over ${integer(summaries.length)} classes is
      ${percent(medians.power)} with ${integer(k)} pixels, and k*
      ${Number.isFinite(medians.star) ? `${decimal(medians.star)} px` : "∞"}.
    </p>
    ${table(rows.slice(0, openRows), "Classes by power with few pixels, strongest first")}
    ${
      rows.length > openRows &&
      html`<details>
        <summary>The other ${integer(rows.length - openRows)} classes</summary>
        ${table(rows.slice(openRows), "The other classes, strongest first")}
      </details>`
    }
    <p class="small">
      <span><i class="key dot-key"></i>the pattern shown above</span>
      <span><i class="key ghost-key"></i>other searches of the class</span>
      <span><i class="key whisker-key"></i>95% interval</span>
      <span><i class="key median-key"></i>median of the classes</span>
      <span>∞: no measured size reaches ${threshold}</span>
    </p>
  </section>`;
}

function row(
  result: Result,
  summary: ClassSummary,
  sizes: DotScale,
  medians: { readonly power: number; readonly star: number },
): Markup {
  const { classIndex, name, best, patterns, smallPower } = summary;
  const others = patterns
    .filter((pattern) => pattern !== best)
    .slice(0, mostGhosts);
  return html`<tr>
    <th scope="row">
      <a href="#${detailId(classIndex)}" title="${name}"><bdi>${name}</bdi></a
      >${isStatedTarget(result, classIndex) && html`<small>stated target</small>`}
    </th>
    <td class="wide" aria-hidden="true">
      ${powerTrack(
        smallPower,
        medians.power,
        others.map(
          (pattern) => powerNear(pattern.predictivePower, smallFraction).power,
        ),
      )}
    </td>
    <td>
      ${percent(smallPower.power)}
      <small>${interval(smallPower.wilson95)}</small>
    </td>
    <td class="wide" aria-hidden="true">
      <span class="track"
        ><i
          class="median"
          style="left:${sizes.place(finiteOrNull(medians.star))}"
        ></i
        >${others.map(
          (pattern) =>
            html`<i
              class="ghost"
              style="left:${sizes.place(pattern.kStar)}"
            ></i>`,
        )}<i
          class="${best.kStar === null ? "dot open" : "dot"}"
          style="left:${sizes.place(best.kStar)}"
        ></i
      ></span>
    </td>
    <td>${kStarText(best.kStar)}</td>
  </tr>`;
}

const finiteOrNull = (value: number): number | null =>
  Number.isFinite(value) ? value : null;

/** A power with its interval on a track from 0 to 100%. @param ghosts powers of other searches */
export function powerTrack(
  power: {
    readonly power: number;
    readonly wilson95: readonly [number, number];
  },
  medianPower: number,
  ghosts: readonly number[] = [],
): Markup {
  const { place } = shareScale;
  const [low, high] = power.wilson95;
  return html`<span class="track"
    ><i class="median" style="left:${place(medianPower)}"></i>${ghosts.map(
      (ghost) => html`<i class="ghost" style="left:${place(ghost)}"></i>`,
    )}<i
      class="whisker"
      style="left:${place(low)};width:${place(high - low)}"
    ></i
    ><i class="dot" style="left:${place(power.power)}"></i
  ></span>`;
}

export function axis({ ticks }: DotScale): Markup {
  return html`<span class="axis" aria-hidden="true"
    >${ticks.map((tick) => html`<i style="left:${tick.at}">${tick.label}</i>`)}</span
  >`;
}
