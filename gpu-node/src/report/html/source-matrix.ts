/** From which class to which: the predictive power of each shown pattern on each source class, as a table in colours. */
import { className, type ClassSummary } from "../class-summary.ts";
import { rampColor } from "../color-ramp.ts";
import type { Result } from "../result.ts";
import { rampLegend } from "./gallery.ts";
import { percent } from "./format.ts";
import { html, type Markup } from "./markup.ts";

/** Beyond so many classes a matrix is no picture any more. */
export const mostMatrixClasses = 43;
/** Up to so many, the numbers stand in the cells. */
const mostWithNumbers = 12;

/** Nothing for one class, or for more than 43. */
export function sourceMatrix(
  result: Result,
  summaries: readonly ClassSummary[],
): Markup | null {
  const { numClasses } = result.model;
  if (numClasses > mostMatrixClasses || summaries.length < 2) return null;
  const hasNumbers = numClasses <= mostWithNumbers;
  const powers = summaries.map(
    ({ best }) =>
      new Map(best.sourceToTarget.map((row) => [row.sourceClass, row.power])),
  );
  const sources = Array.from(
    { length: numClasses },
    (_, index) => index,
  ).filter((source) => powers.some((column) => column.has(source)));
  if (sources.length === 0) return null;
  return html`<section id="sources" aria-labelledby="sources-title">
    <h2 id="sources-title">From which class to which</h2>
    <p class="prose">
      Each column is the pattern of one class, each row the class of the images
      it was pasted on. A backdoor is easy from every source; a natural pattern
      prefers similar classes.
    </p>
    <div class="legend">${rampLegend("power 0%", "100%")}</div>
    <div
      class="scroll"
      tabindex="0"
      role="region"
      aria-label="Source to target matrix"
    >
      <table class="${hasNumbers ? "matrix" : "matrix dense"}">
        <caption class="unseen">
          Predictive power with 5% of the pixels, by source class (rows) and
          target class (columns)
        </caption>
        <thead>
          <tr>
            <td></td>
            ${summaries.map(
              ({ name }) =>
                html`<th scope="col" title="${name}"><bdi>${name}</bdi></th>`,
            )}
          </tr>
        </thead>
        <tbody>
          ${sources.map((source) => {
            const sourceName = className(result, source);
            return html`<tr>
              <th scope="row" title="${sourceName}">
                <bdi>${sourceName}</bdi>
              </th>
              ${summaries.map(({ classIndex, name }, column) =>
                cell(
                  powers[column].get(source),
                  classIndex === source,
                  `${sourceName} → ${name}`,
                  hasNumbers,
                ),
              )}
            </tr>`;
          })}
        </tbody>
      </table>
    </div>
  </section>`;
}

function cell(
  power: number | undefined,
  isDiagonal: boolean,
  words: string,
  hasNumbers: boolean,
): Markup {
  if (power === undefined)
    return html`<td class="none">
      <span class="unseen"
        >${isDiagonal ? "the class itself" : "not measured"}</span
      >
    </td>`;
  const rgb = rampColor(power);
  return html`<td
    style="background:rgb(${rgb.join(" ")});color:${inkOn(rgb)}"
    title="${words}: ${percent(power)}"
  >
    ${hasNumbers ? Math.round(power * 100) : html`<span class="unseen">${percent(power)}</span>`}
  </td>`;
}

/** Black or white, whichever has more contrast by WCAG's relative luminance. */
export function inkOn(rgb: readonly [number, number, number]): "#000" | "#fff" {
  const [r, g, b] = rgb.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return (luminance + 0.05) / 0.05 > 1.05 / (luminance + 0.05)
    ? "#000"
    : "#fff";
}
