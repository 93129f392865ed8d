/** The three pictures of a pattern, laid over one another; the page's view decides which are seen. */
import type { PixelBox } from "../result.ts";
import { html, type Markup } from "./markup.ts";

/** Addresses of pictures: `data:` URIs at the model's resolution, or files beside the page. */
export interface InlinePictures {
  readonly canvas: string;
  readonly pattern: string;
  readonly heatmap: string;
}

/** [H, W] of the model's input. */
export type PictureSize = readonly [number, number];

export const views = [
  {
    id: "over-grey",
    label: "Pattern on its greyed canvas",
    short: "On canvas",
  },
  { id: "pattern", label: "Pattern alone", short: "Pattern" },
  { id: "canvas", label: "Canvas", short: "Canvas" },
  { id: "heatmap", label: "Mask as a heat map", short: "Heat map" },
] as const;

export type ViewId = (typeof views)[number]["id"];

/** What each view is made of. */
const layers: Readonly<Record<ViewId, readonly (keyof InlinePictures)[]>> = {
  "over-grey": ["canvas", "pattern"],
  pattern: ["pattern"],
  canvas: ["canvas"],
  heatmap: ["heatmap"],
};

/** All views in one place, for tiles. @param alt says what the picture shows; empty beside text that does */
export function layeredPicture(
  pictures: InlinePictures,
  size: PictureSize,
  alt: string,
  box?: PixelBox,
): Markup {
  return plate(["canvas", "pattern", "heatmap"], pictures, size, alt, box);
}

/** One view, whatever the page's switch says, for the detail of a pattern. */
export function singlePicture(
  pictures: InlinePictures,
  size: PictureSize,
  view: ViewId,
  alt: string,
  box?: PixelBox,
): Markup {
  return html`<span class="fixed" data-view="${view}"
    >${plate(layers[view], pictures, size, alt, box)}</span
  >`;
}

/** The text stands on the last layer, so that a reader hears it once. */
function plate(
  kinds: readonly (keyof InlinePictures)[],
  pictures: InlinePictures,
  size: PictureSize,
  alt: string,
  box: PixelBox | undefined,
): Markup {
  const [height, width] = size;
  return html`<span
    class="plate"
    style="aspect-ratio:${width}/${height}"
    ${alt !== "" && html`role="img" aria-label="${alt}"`}
    >${kinds.map(
      (kind) =>
        html`<img
          class="${kind}"
          src="${pictures[kind]}"
          width="${width}"
          height="${height}"
          alt=""
          loading="lazy"
          decoding="async"
        />`,
    )}${box !== undefined && triggerOutline(box, size)}</span
  >`;
}

/** Where the manifest says a trigger is pasted. A box that leaves the picture is cut to it. */
function triggerOutline(box: PixelBox, [height, width]: PictureSize): Markup {
  const part = (
    from: number,
    length: number,
    whole: number,
  ): [string, string] => {
    const start = Math.min(from, whole);
    const end = Math.min(from + length, whole);
    const share = (value: number): string =>
      `${((value / whole) * 100).toFixed(2)}%`;
    return [share(start), share(end - start)];
  };
  const [left, boxWidth] = part(box.left, box.width, width);
  const [top, boxHeight] = part(box.top, box.height, height);
  return html`<span
    class="trigger-outline"
    style="left:${left};top:${top};width:${boxWidth};height:${boxHeight}"
  ></span>`;
}

/** The switch between views; it works without script. */
export function viewSwitch(): Markup {
  return html`<fieldset class="segments">
    <legend>Picture</legend>
    ${views.map(
      (view, i) =>
        html`<label title="${view.label}"
          ><input
            type="radio"
            name="view"
            value="${view.id}"
            ${i === 0 && html`checked`}
          /><span>${view.short}</span></label
        >`,
    )}
  </fieldset>`;
}
