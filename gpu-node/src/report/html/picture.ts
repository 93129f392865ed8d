/** The three pictures of a pattern, laid over one another; the page's view decides which are seen. */
import type { PixelBox } from "../result.ts";
import { html, type Markup } from "./markup.ts";

/** `data:` URIs at the model's resolution. */
export interface InlinePictures {
  readonly canvas: string;
  readonly pattern: string;
  readonly heatmap: string;
}

/** [H, W] of the model's input. */
export type PictureSize = readonly [number, number];

export const views = [
  { id: "over-grey", label: "Pattern on its canvas", short: "On canvas" },
  { id: "pattern", label: "Pattern alone", short: "Pattern" },
  { id: "canvas", label: "Canvas", short: "Canvas" },
  { id: "heatmap", label: "Mask as a heat map", short: "Heat map" },
] as const;

export type ViewId = (typeof views)[number]["id"];

/** All views in one place, for tiles. @param alt says what the picture shows; empty beside text that does */
export function layeredPicture(
  pictures: InlinePictures,
  size: PictureSize,
  alt: string,
  box?: PixelBox,
): Markup {
  const image = (kind: keyof InlinePictures, text: string): Markup =>
    html`<img
      class="${kind}"
      src="${pictures[kind]}"
      width="${size[1]}"
      height="${size[0]}"
      alt="${text}"
      loading="lazy"
      decoding="async"
    />`;
  return html`<span class="plate" style="aspect-ratio:${size[1]}/${size[0]}"
    >${image("canvas", "")}${image(
      "pattern",
      alt,
    )}${image("heatmap", "")}${box !== undefined && triggerOutline(box, size)}</span
  >`;
}

/** One view, for the detail of a pattern. */
export function singlePicture(
  pictures: InlinePictures,
  size: PictureSize,
  view: ViewId,
  alt: string,
): Markup {
  return html`<span class="fixed" data-view="${view}"
    >${layeredPicture(pictures, size, alt)}</span
  >`;
}

/** Where the manifest says a trigger is pasted, one pixel wider than the trigger on each side. */
function triggerOutline(box: PixelBox, [height, width]: PictureSize): Markup {
  const part = (value: number, whole: number): string =>
    `${((value / whole) * 100).toFixed(2)}%`;
  const place = `left:${part(box.left, width)};top:${part(box.top, height)};width:${part(box.width, width)};height:${part(
    box.height,
    height,
  )}`;
  return html`<span class="trigger-outline" style="${place}"></span>`;
}

/** The switch between views; it works without script. */
export function viewSwitch(): Markup {
  return html`<fieldset class="segments">
    <legend class="unseen">Picture</legend>
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
