/** The gallery: a tile a class with its best pattern, and behind it the detail that opens in place. */
import type { ClassSummary } from "../class-summary.ts";
import type { PixelBox } from "../result.ts";
import { sparkline } from "./curve-svg.ts";
import { interval, kStarText, percent } from "./format.ts";
import { html, type Markup } from "./markup.ts";
import {
  layeredPicture,
  viewSwitch,
  type InlinePictures,
  type PictureSize,
} from "./picture.ts";
import { rampGradient } from "../color-ramp.ts";

/** From so many classes on, the gallery has a field to find one by name. */
const manyClasses = 24;

export interface Tile {
  readonly summary: ClassSummary;
  readonly pictures: InlinePictures;
  readonly box: PixelBox | undefined;
  /** The opened detail, a list item of its own. */
  readonly detail: Markup;
}

export const detailId = (classIndex: number): string => `class-${classIndex}`;
export const tileId = (classIndex: number): string => `tile-${classIndex}`;

export function gallery(tiles: readonly Tile[], size: PictureSize): Markup {
  return html`<section id="gallery" aria-labelledby="gallery-title">
    <h2 id="gallery-title">Patterns</h2>
    <div class="toolbar">
      ${viewSwitch()}${rampLegend("mask 0", "1")}${sorting()}${tiles.length >= manyClasses && finding()}
    </div>
    <ul class="${tiles.length >= manyClasses ? "gallery many" : "gallery"}">
      ${tiles.map((tile) => [tileItem(tile, size), tile.detail])}
    </ul>
    <p class="empty" id="nothing-found" hidden>No class has that name.</p>
  </section>`;
}

function tileItem({ summary, pictures, box }: Tile, size: PictureSize): Markup {
  const { classIndex, name, best, power } = summary;
  return html`<li
    class="tile"
    data-class="${classIndex}"
    data-power="${power.power}"
    data-star="${best.kStar ?? ""}"
  >
    ${layeredPicture(pictures, size, "", box)}
    <h3>
      <a
        id="${tileId(classIndex)}"
        href="#${detailId(classIndex)}"
        title="${name}"
        ><bdi>${name}</bdi></a
      >
    </h3>
    <p class="power">
      <b>${percent(power.power)}</b>
      <span>${interval(power.wilson95)}</span>
    </p>
    ${sparkline(best.predictivePower)}
    <p class="small">
      <span>base rate ${percent(power.baseRate)}</span>
      <span>k* ${kStarText(best.kStar)}</span>
    </p>
  </li>`;
}

/** The colours of the mask, or of any other share. */
export function rampLegend(low: string, high: string): Markup {
  return html`<p class="ramp">
    <span>${low}</span><i style="background:${rampGradient()}"></i
    ><span>${high}</span>
  </p>`;
}

/** Needs the script, which shows it. */
function sorting(): Markup {
  return html`<label class="field scripted" hidden
    >Sort by
    <select id="sort">
      <option value="class">class</option>
      <option value="power">predictive power</option>
      <option value="star">smallest k*</option>
    </select></label
  >`;
}

function finding(): Markup {
  return html`<label class="field scripted" hidden
    >Find
    <input id="find" type="search" placeholder="class name" autocomplete="off"
  /></label>`;
}
