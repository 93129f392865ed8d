/** The page of one model: what was found, how it compares over the classes, and how it was made. */
import {
  median,
  summarizeClasses,
  type ClassSummary,
} from "../class-summary.ts";
import type { PatternResult, Result } from "../result.ts";
import { wilson95 } from "../../evaluation/wilson.ts";
import { classDetail, type DetailedPattern } from "./class-detail.ts";
import {
  counted,
  decimal,
  duration,
  fractionText,
  integer,
  interval,
  listed,
  percent,
} from "./format.ts";
import { gallery, type Tile } from "./gallery.ts";
import { groundTruthNote, triggerBox } from "./ground-truth.ts";
import { figure, madeFooter } from "./facts.ts";
import { html, type Markup } from "./markup.ts";
import { overview } from "./overview.ts";
import { renderPage } from "./page.ts";
import {
  chooseBudget,
  describeBudget,
  inlinePictures,
  linkedPictures,
  type PictureBudget,
} from "./picture-budget.ts";
import type { PictureSize } from "./picture.ts";
import { readingNotes } from "./reading-notes.ts";
import {
  batchSizeOf,
  canvasSourceText,
  countSearches,
  presetOf,
  thresholdOf,
} from "./settings-text.ts";
import { sourceMatrix } from "./source-matrix.ts";
import { strongest } from "./strongest.ts";

/**
 * @param directory the folder of result.json, whose pictures are read one class at a time
 * @throws MotifError "storage" if a picture is missing or damaged
 */
export async function renderReport(
  directory: string,
  result: Result,
): Promise<string> {
  const [, height, width] = result.model.inputShape;
  const summaries = summarizeClasses(result);
  const budget = chooseBudget(
    result.patterns.length,
    summaries.length,
    height * width,
  );
  const tiles: Tile[] = [];
  for (const [i, summary] of summaries.entries())
    tiles.push(
      await classTile(directory, result, summary, budget, {
        previous: summaries[i - 1]?.classIndex,
        next: summaries[i + 1]?.classIndex,
      }),
    );
  const { model } = result;
  return renderPage({
    title: `${model.name}: class-wise patterns · Motif`,
    start: { id: "gallery", label: "Skip to the patterns" },
    isGrey: model.inputShape[0] === 1,
    main: html`<main>
      ${introduction(result, summaries)}
      ${
        tiles.length > 0
          ? gallery(tiles, [height, width])
          : html`<p class="note" id="gallery">
              No search is done yet. Run the same command to go on.
            </p>`
      }
      ${overview(result, summaries)} ${sourceMatrix(result, summaries)}
      ${tiles.length > 0 && readingNotes(thresholdOf(result))}
    </main>`,
    footer: footer(result, budget),
  });
}

async function classTile(
  directory: string,
  result: Result,
  summary: ClassSummary,
  budget: PictureBudget,
  neighbours: {
    readonly previous: number | undefined;
    readonly next: number | undefined;
  },
): Promise<Tile> {
  const [, height, width] = result.model.inputShape;
  const size: PictureSize = [height, width];
  const load = ({ images }: PatternResult) =>
    inlinePictures(directory, images, size, budget.detail);
  const pictures = await load(summary.best);
  const detailed: DetailedPattern[] = [];
  for (const pattern of summary.patterns)
    detailed.push({
      pattern,
      pictures: !budget.hasEveryPattern
        ? linkedPictures(pattern.images)
        : pattern === summary.best
          ? pictures
          : await load(pattern),
    });
  return {
    summary,
    pictures,
    box: triggerBox(result, summary.classIndex),
    detail: classDetail(result, summary, detailed, neighbours),
  };
}

function introduction(
  result: Result,
  summaries: readonly ClassSummary[],
): Markup {
  const { model, dataset } = result;
  const source = canvasSourceText(result);
  return html`<section class="intro">
    <p class="overline"><bdi>${dataset.name}</bdi></p>
    <h1><bdi>${model.name}</bdi></h1>
    <p class="lead">
      For each class, the one small set of pixels that makes this model see that
      class in images of every other
      class${source !== null && `, taken from ${source}`}.
    </p>
    ${stoppedNote(result)}
    <dl class="figures">
      ${accuracyFigure(result)}
      ${summaries.length > 0 && powerFigures(result, summaries)}
      ${searchesFigure(result)}
    </dl>
    ${groundTruthNote(result)}
  </section>`;
}

function stoppedNote({ plannedSearches, patterns }: Result): Markup | null {
  if (plannedSearches === undefined || plannedSearches <= patterns.length)
    return null;
  return html`<p class="note" role="note">
    <strong
      >${integer(patterns.length)} of
      ${counted(plannedSearches, "search", "searches")} done.</strong
    >
    The run was stopped; the same command goes on from here.
  </p>`;
}

function accuracyFigure({ model }: Result): Markup {
  const { cleanAccuracy, cleanAccuracyImages: n } = model;
  if (cleanAccuracy === null)
    return figure("Clean accuracy", "–", "not measured");
  return figure(
    "Clean accuracy",
    percent(cleanAccuracy),
    n === undefined
      ? "share of images classified rightly"
      : `${interval(wilson95(Math.round(cleanAccuracy * n), n))} on ${counted(n, "image")}`,
  );
}

function powerFigures(
  result: Result,
  summaries: readonly ClassSummary[],
): Markup {
  const powers = summaries.map((summary) => summary.power.power);
  const { k, fraction } = summaries[0].power;
  const stars = summaries.map((summary) => summary.best.kStar ?? Infinity);
  const reached = stars.filter(Number.isFinite);
  const threshold = thresholdOf(result);
  return html`${figure(
    "Median predictive power",
    percent(median(powers)),
    `${percent(Math.min(...powers))} to ${percent(Math.max(...powers))} with ${counted(k, "pixel")}, ${fractionText(fraction)}`,
  )}
  ${strongestFigure(summaries)}
  ${figure(
    "Smallest k*",
    reached.length === 0 ? "∞" : `${integer(Math.min(...reached))} px`,
    reached.length === 0
      ? `no class reaches ${percent(threshold)} with 10% of the pixels`
      : `${integer(reached.length)} of ${counted(stars.length, "class", "classes")} reach ${percent(threshold)}; median ${
          Number.isFinite(median(stars)) ? `${decimal(median(stars))} px` : "∞"
        }`,
  )}`;
}

function strongestFigure(summaries: readonly ClassSummary[]): Markup | null {
  const found = strongest(summaries);
  if (found === null) return null;
  const { first, second } = found;
  return figure(
    `Strongest with ${counted(first.smallPower.k, "pixel")}`,
    percent(first.smallPower.power),
    html`<bdi>${first.name}</bdi>${
        second !== undefined &&
        html`; next
          <bdi>${second.name}</bdi> ${percent(second.smallPower.power)}`
      };
      median
      ${percent(median(summaries.map((summary) => summary.smallPower.power)))}`,
  );
}

function searchesFigure(result: Result): Markup {
  const { classes, canvases, seeds, steps } = countSearches(result);
  return figure(
    "Searches",
    integer(result.patterns.length),
    `${listed([
      counted(classes, "class", "classes"),
      counted(canvases, "canvas", "canvases"),
      counted(seeds, "seed"),
    ])}${steps.length > 0 ? `; ${listed(steps.map(integer))} steps` : ""}`,
  );
}

function footer(result: Result, budget: PictureBudget): Markup {
  const { model, dataset, backend, timing, config } = result;
  const { steps } = countSearches(result);
  const batch = batchSizeOf(result);
  const preset = presetOf(result);
  const [channels, height, width] = model.inputShape;
  const limits = describeBudget(budget);
  const rows: readonly (readonly [string, string | Markup])[] = [
    [
      "Model",
      html`<bdi>${model.name}</bdi>,
        ${counted(model.numClasses, "class", "classes")}, input
        ${channels}×${height}×${width}`,
    ],
    ["SHA-256", html`<code>${model.sha256}</code>`],
    [
      "Data set",
      html`<bdi>${dataset.name}</bdi>, disjoint parts:
        ${integer(dataset.parts.canvas)} canvas,
        ${integer(dataset.parts.search)} search,
        ${integer(dataset.parts.evaluate)} evaluate`,
    ],
    [
      "Search",
      `${preset === undefined ? "" : `preset ${preset}, `}${listed(steps.map(integer))} steps${
        batch === undefined ? "" : ` of ${counted(batch, "image")}`
      }`,
    ],
    [
      "Backend",
      html`<bdi>${backend.name}</bdi> (<bdi>${backend.provider}</bdi>,
        ${counted(backend.threads, "thread")})`,
    ],
    [
      "Time",
      `${duration(timing.searchMs)} searching, ${duration(timing.evaluateMs)} evaluating, ${duration(timing.importMs + timing.compileMs)} importing and compiling`,
    ],
  ];
  return madeFooter(
    rows,
    config,
    html`<p class="small">
      <span
        >All numbers and the masks: <a href="result.json">result.json</a>.
        Method: Zhao et al., “What Do Deep Nets Learn? Class-wise Patterns
        Revealed in the Input Space”, arXiv 2101.06898.</span
      >${limits !== null && html`<span>${limits}</span>`}
    </p>`,
  );
}
