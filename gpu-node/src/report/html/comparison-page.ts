/** The page that sets results side by side: a row a class, a column a result, one switch for all pictures. */
import { join, relative } from "node:path";
import type {
  Comparison,
  ComparisonColumn,
  ComparisonRow,
} from "../comparison.ts";
import type { ClassSummary } from "../class-summary.ts";
import {
  counted,
  fractionText,
  integer,
  interval,
  kStarText,
  listed,
  percent,
  points,
} from "./format.ts";
import { rampLegend, detailId } from "./gallery.ts";
import { groundTruthNote, isStatedTarget, triggerBox } from "./ground-truth.ts";
import { html, type Markup } from "./markup.ts";
import { axis, powerTrack } from "./overview.ts";
import { renderPage } from "./page.ts";
import { chooseBudget, fileAddress, inlinePictures } from "./picture-budget.ts";
import { layeredPicture, viewSwitch } from "./picture.ts";
import { readingNotes } from "./reading-notes.ts";
import { batchSizeOf, countSearches, thresholdOf } from "./settings-text.ts";
import { strongest } from "./strongest.ts";
import { shareScale } from "./dot-scale.ts";

/**
 * @param directory the folder that the page will lie in; links to the entries are relative to it
 * @throws MotifError "storage" if a picture is missing or damaged
 */
export async function renderComparison(
  directory: string,
  comparison: Comparison,
): Promise<string> {
  const { columns, rows } = comparison;
  const names = [...new Set(columns.map(({ result }) => result.model.name))];
  const title = names.length > 3 ? `${names.length} models` : listed(names);
  return renderPage({
    title: `${title}, compared · Motif`,
    start: { id: "classes", label: "Skip to the patterns" },
    isGrey: columns[0].result.model.inputShape[0] === 1,
    main: html`<main>
      ${introduction(title, columns)} ${await pictures(directory, comparison)}
      ${dots(columns, rows)} ${readingNotes(thresholdOf(columns[0].result))}
    </main>`,
    footer: footer(directory, columns),
  });
}

const sourceLabels = {
  natural: "natural canvases",
  noise: "noise canvases",
  free: "free canvases",
} as const;

function sourceLabel({ result }: ComparisonColumn): string {
  const { canvasSource } = result.model;
  return canvasSource === undefined ? "" : sourceLabels[canvasSource];
}

function pageOf(directory: string, column: ComparisonColumn): string {
  return fileAddress(join(relative(directory, column.directory), "index.html"));
}

function introduction(
  title: string,
  columns: readonly ComparisonColumn[],
): Markup {
  const truths = [
    ...new Map(
      columns.map((column) => [column.result.model.name, column]),
    ).values(),
  ];
  return html`<section class="intro">
    <p class="overline">
      <bdi>${columns[0].result.dataset.name}</bdi>,
      ${counted(columns.length, "result")} side by side
    </p>
    <h1><bdi>${title}</bdi></h1>
    <p class="lead">
      The same classes of several models: for each, the one small set of pixels
      that makes the model see the class in images of every other.
    </p>
    <dl class="figures">${columns.map((column) => strongestFigure(column))}</dl>
    ${truths.map(({ result }) => {
      const note = groundTruthNote(result);
      return (
        note !== null &&
        html`<div class="truth"><bdi>${result.model.name}</bdi>${note}</div>`
      );
    })}
  </section>`;
}

/** What stands out most in a column, with the figure that it is to be held against. */
function strongestFigure(column: ComparisonColumn): Markup {
  const found = strongest([...column.summaries.values()]);
  return html`<div>
    <dt><bdi>${column.result.model.name}</bdi>, ${sourceLabel(column)}</dt>
    ${
      found === null
        ? html`<dd><b>–</b> <span>no search is done yet</span></dd>`
        : html`<dd>
            <b>${percent(found.first.smallPower.power)}</b>
            <span
              >strongest class with
              ${counted(found.first.smallPower.k, "pixel")}:
              <bdi>${found.first.name}</bdi>${
                found.second !== undefined &&
                html`; next
                  <bdi>${found.second.name}</bdi>
                  ${percent(found.second.smallPower.power)}`
              };
              median ${percent(column.medianSmallPower)}</span
            >
          </dd>`
    }
  </div>`;
}

async function pictures(
  directory: string,
  { columns, rows }: Comparison,
): Promise<Markup> {
  const count = rows.length * columns.length;
  const [, height, width] = columns[0].result.model.inputShape;
  const { detail } = chooseBudget(count, count, height * width);
  const body: Markup[] = [];
  for (const row of rows) {
    const cells: Markup[] = [];
    for (const [i, column] of columns.entries())
      cells.push(await pictureCell(directory, column, row, i, detail));
    const powers = row.summaries.flatMap((summary) =>
      summary === undefined ? [] : [summary.power.power],
    );
    const stars = row.summaries.flatMap((summary) => summary?.best.kStar ?? []);
    body.push(
      html`<tr
        role="row"
        data-class="${row.classIndex}"
        data-power="${Math.max(...powers)}"
        data-star="${stars.length === 0 ? "" : Math.min(...stars)}"
        data-difference="${row.excess}"
      >
        <th role="rowheader" scope="row">
          <bdi>${row.name}</bdi>
        </th>
        ${cells}
      </tr>`,
    );
  }
  return html`<section id="classes" aria-labelledby="classes-title">
    <h2 id="classes-title">Patterns</h2>
    <div class="toolbar">
      ${viewSwitch()}${rampLegend("mask 0", "1")}
      <label class="field scripted" hidden
        >Sort by
        <select id="sort">
          <option value="class">class</option>
          <option value="difference">standing out with 1% of the pixels</option>
          <option value="power">predictive power</option>
          <option value="star">smallest k*</option>
        </select></label
      >
    </div>
    <table
      role="table"
      class="compare"
      style="--columns:${columns.length}"
      aria-labelledby="classes-title"
    >
      <thead role="rowgroup">
        <tr role="row">
          <th role="columnheader" scope="col">
            <span class="unseen">Class</span>
          </th>
          ${columns.map((column) => columnHead(directory, column, columns))}
        </tr>
      </thead>
      <tbody role="rowgroup" class="gallery">
        ${body}
      </tbody>
    </table>
  </section>`;
}

function columnHead(
  directory: string,
  column: ComparisonColumn,
  columns: readonly ComparisonColumn[],
): Markup {
  const { model } = column.result;
  return html`<th
    role="columnheader"
    scope="col"
    class="${column.startsGroup && "starts"}"
  >
    <a href="${pageOf(directory, column)}"><bdi>${model.name}</bdi></a>
    <span>${sourceLabel(column)}</span>
    <span
      >${model.cleanAccuracy === null ? "accuracy not measured" : `clean accuracy ${percent(model.cleanAccuracy)}`}</span
    >
    <span
      >${
        column.baseline === null
          ? "baseline"
          : html`± points against
              <bdi>${columns[column.baseline].result.model.name}</bdi>`
      }</span
    >
  </th>`;
}

async function pictureCell(
  directory: string,
  column: ComparisonColumn,
  row: ComparisonRow,
  index: number,
  detail: "full" | "coarse",
): Promise<Markup> {
  const summary = row.summaries[index];
  const label = html`<span class="cell-label"
    ><bdi>${column.result.model.name}</bdi>, ${sourceLabel(column)}</span
  >`;
  const className = column.startsGroup ? "starts" : "";
  if (summary === undefined)
    return html`<td role="cell" class="${className}">
      ${label}<span class="small">not searched</span>
    </td>`;
  const [, height, width] = column.result.model.inputShape;
  const { best, power, smallPower } = summary;
  const inline = await inlinePictures(
    column.directory,
    best.images,
    [height, width],
    detail,
  );
  const difference = row.differences[index];
  return html`<td role="cell" class="${className}">
    ${label}
    <div class="cell">
      <a
        href="${`${pageOf(directory, column)}#${detailId(row.classIndex)}`}"
        aria-label="${`Detail of ${row.name}, ${column.result.model.name}, ${sourceLabel(column)}`}"
        >${layeredPicture(inline, [height, width], "", triggerBox(column.result, row.classIndex))}</a
      >
      <div>
        <p class="power">
          <b>${percent(power.power)}</b>
        </p>
        <p class="small">
          ${difference !== undefined && html`<span class="difference">${points(difference)}</span>`}
          <span>${interval(power.wilson95)}</span>
          <span>${integer(smallPower.k)} px: ${percent(smallPower.power)}</span>
          <span>k* ${kStarText(best.kStar)}</span>
        </p>
        ${
          isStatedTarget(column.result, row.classIndex) &&
          html`<p class="stated">stated target</p>`
        }
      </div>
    </div>
  </td>`;
}

/** Every column on the same scale, rows by how far they stand out. */
function dots(
  columns: readonly ComparisonColumn[],
  rows: readonly ComparisonRow[],
): Markup | null {
  const entry = rows[0]?.summaries.find((summary) => summary !== undefined);
  if (entry === undefined) return null;
  const { k, fraction } = entry.smallPower;
  const sorted = [...rows].sort(
    (a, b) => b.excess - a.excess || a.classIndex - b.classIndex,
  );
  return html`<section id="overview" aria-labelledby="overview-title">
    <h2 id="overview-title">All classes on one scale</h2>
    <p class="prose">
      Predictive power with ${integer(k)} pixels (${fractionText(fraction)} of
      the image). The class that stands furthest above the median of its column
      comes first. A backdoored class tends to stand far out, most of all on
      noise canvases; natural classes differ too.
    </p>
    <table
      role="table"
      class="compare scales"
      style="--columns:${columns.length}"
      aria-labelledby="overview-title"
    >
      <thead role="rowgroup">
        <tr role="row">
          <th role="columnheader" scope="col">
            <span class="unseen">Class</span>
          </th>
          ${columns.map(
            (column) =>
              html`<th
                role="columnheader"
                scope="col"
                class="${column.startsGroup && "starts"}"
              >
                <bdi>${column.result.model.name}</bdi>
                <span>${sourceLabel(column)}</span>
                ${axis(shareScale)}
              </th>`,
          )}
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${sorted.map(
          (row) =>
            html`<tr role="row">
              <th role="rowheader" scope="row"><bdi>${row.name}</bdi></th>
              ${columns.map((column, i) =>
                dotCell(column, row.summaries[i], row.classIndex),
              )}
            </tr>`,
        )}
      </tbody>
    </table>
    <p class="small">
      <span><i class="key dot-key"></i>best pattern of the class</span>
      <span><i class="key whisker-key"></i>95% interval</span>
      <span><i class="key median-key"></i>median of the column</span>
    </p>
  </section>`;
}

function dotCell(
  column: ComparisonColumn,
  summary: ClassSummary | undefined,
  classIndex: number,
): Markup {
  const className = column.startsGroup ? "starts" : "";
  const label = html`<span class="cell-label"
    ><bdi>${column.result.model.name}</bdi>, ${sourceLabel(column)}</span
  >`;
  if (summary === undefined)
    return html`<td role="cell" class="${className}">
      ${label}<span class="small">not searched</span>
    </td>`;
  const { smallPower, best } = summary;
  return html`<td role="cell" class="${className}">
    ${label}
    <span aria-hidden="true"
      >${powerTrack(smallPower, column.medianSmallPower)}</span
    >
    <p class="small">
      <span
        >${percent(smallPower.power)}
        <span class="roomy">${interval(smallPower.wilson95)}</span></span
      >
      <span>k* ${kStarText(best.kStar)}</span>
    </p>
    ${isStatedTarget(column.result, classIndex) && html`<p class="stated">stated target</p>`}
  </td>`;
}

function footer(
  directory: string,
  columns: readonly ComparisonColumn[],
): Markup {
  return html`<footer>
    <h2>How it was made</h2>
    <dl class="facts">
      ${columns.map((column) => {
        const { result } = column;
        const { steps, canvases, seeds } = countSearches(result);
        const batch = batchSizeOf(result);
        return html`<div>
          <dt><bdi>${result.model.name}</bdi>, ${sourceLabel(column)}</dt>
          <dd>
            ${counted(result.patterns.length, "search", "searches")}${
              result.plannedSearches !== undefined &&
              result.plannedSearches > result.patterns.length &&
              ` of ${integer(result.plannedSearches)}: the run was stopped`
            },
            ${counted(canvases, "canvas", "canvases")},
            ${counted(seeds, "seed")}, ${listed(steps.map(integer))}
            steps${batch !== undefined && ` of ${counted(batch, "image")}`}<br />
            <bdi>${result.backend.name}</bdi>, SHA-256
            <code>${result.model.sha256.slice(0, 16)}…</code><br />
            <a href="${pageOf(directory, column)}"
              >report of <bdi>${result.model.name}</bdi>,
              ${sourceLabel(column)}</a
            >
          </dd>
        </div>`;
      })}
    </dl>
    <p class="small">
      <span
        >Method: Zhao et al., “What Do Deep Nets Learn? Class-wise Patterns
        Revealed in the Input Space”, arXiv 2101.06898.</span
      >
    </p>
  </footer>`;
}
