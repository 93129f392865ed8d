/** The face of the report: result.json and the page that shows it. */
import { join, resolve } from "node:path";
import { writeFileAtomically } from "./atomic-file.ts";
import { summarizeClasses } from "./class-summary.ts";
import { sparkline } from "./html/curve-svg.ts";
import { interval, kStarText, percent } from "./html/format.ts";
import { html } from "./html/markup.ts";
import { layeredPicture } from "./html/picture.ts";
import { inlineImage } from "./images.ts";
import type { PatternImages, Result } from "./result.ts";

/** Writes `directory`/result.json. */
export async function writeResult(
  directory: string,
  result: Result,
): Promise<void> {
  await writeFileAtomically(
    join(directory, "result.json"),
    `${JSON.stringify(result, null, 2)}\n`,
  );
}

const style = `:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}body{margin:2rem auto;max-width:72rem;padding:0 1rem}
ul{list-style:none;padding:0;display:grid;gap:1.5rem;grid-template-columns:repeat(auto-fill,minmax(11rem,1fr))}
.plate{display:grid;position:relative;background:light-dark(#ececf0,#25252b)}.plate img{grid-area:1/1;width:100%;height:100%;image-rendering:pixelated}
.plate .canvas{opacity:.25;filter:grayscale(1)}.plate .heatmap{display:none}.trigger-outline{position:absolute;outline:2px solid #e5484d}
.spark{width:100%}.band{fill:#3b82f633}.line{fill:none;stroke:#3b82f6;stroke-width:1.5}.base{stroke:currentColor;stroke-dasharray:3;opacity:.4}h2{font-size:1rem;margin:.5rem 0 0}p{margin:.2rem 0}`;

/** Writes `directory`/index.html, complete in itself: the best pattern of each class. @returns its path */
export async function writeReport(
  directory: string,
  result: Result,
): Promise<string> {
  const [, height, width] = result.model.inputShape;
  const tiles = [];
  for (const { name, best, power } of summarizeClasses(result)) {
    const inline = (kind: keyof PatternImages) =>
      inlineImage(join(directory, best.images[kind]), [height, width], kind);
    const pictures = {
      canvas: await inline("canvas"),
      pattern: await inline("pattern"),
      heatmap: await inline("heatmap"),
    };
    const truth = result.model.groundTruth;
    const box =
      truth?.targetClass === best.targetClass ? truth.trigger?.box : undefined;
    tiles.push(
      html`<li>
        ${layeredPicture(pictures, [height, width], `Pattern of ${name}`, box)}
        <h2>${name}</h2>
        <p>
          ${percent(power.power)} with ${power.k} pixels
          <small
            >(${interval(power.wilson95)}; base rate
            ${percent(power.baseRate)})</small
          >
        </p>
        <p>k* ${kStarText(best.kStar)}</p>
        ${sparkline(best.predictivePower)}
      </li>`,
    );
  }
  const { model } = result;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>Motif: ${model.name}</title>
        <style>
          ${style}
        </style>
      </head>
      <body>
        <h1>${model.name}</h1>
        <p>
          ${result.dataset.name}, clean accuracy
          ${model.cleanAccuracy === null ? "not measured" : percent(model.cleanAccuracy)}.
          The share beside each pattern is its predictive power: images of other
          classes that are predicted as this class with the pattern's pixels
          pasted on. Clean models have such patterns too.
        </p>
        <ul>
          ${tiles}
        </ul>
      </body>
    </html>`;
  const path = join(resolve(directory), "index.html");
  await writeFileAtomically(path, page.text);
  return path;
}
