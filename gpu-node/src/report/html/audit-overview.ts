/** The page of a collection's audit: models by suspicion, each a link to its own page. */
import type { ModelAudit } from "../audit.ts";
import {
  kindTitles,
  probabilityText,
  pValueText,
  verdictBadge,
} from "./audit-text.ts";
import { integer, percent } from "./format.ts";
import { html, type Markup } from "./markup.ts";
import { renderPage } from "./page.ts";
import { fileAddress } from "./picture-budget.ts";

/** A model of the collection: its audit and the folder of its page, or why there is none. */
export type OverviewEntry =
  | { readonly folder: string; readonly audit: ModelAudit }
  | { readonly path: string; readonly refusal: string };

export function renderAuditOverview(entries: readonly OverviewEntry[]): string {
  const audited = rankBySuspicion(
    entries.flatMap((entry) => ("audit" in entry ? [entry] : [])),
  );
  const refused = entries.flatMap((entry) =>
    "refusal" in entry ? [entry] : [],
  );
  const suspected = audited.filter(
    ({ audit }) => audit.verdict.verdict === "backdoor suspected",
  ).length;
  return renderPage({
    title: "Audit of models · Motif",
    start: { id: "models", label: "Skip to the models" },
    isGrey: false,
    main: html`<main>
      <section class="intro">
        <h1>Audit</h1>
        <p class="lead">
          ${integer(audited.length)}
          ${audited.length === 1 ? "model" : "models"}, a backdoor suspected in
          ${integer(suspected)}. The most suspicious come first.
        </p>
      </section>
      <section id="models">
        <div class="scroll" tabindex="0" role="group" aria-label="Models">
          <table class="audit-table audit-models">
            <thead>
              <tr>
                <th scope="col">Model</th>
                <th scope="col">Verdict</th>
                <th scope="col" class="number">Probability</th>
                <th scope="col">Class</th>
                <th scope="col">Answers to</th>
                <th scope="col" class="number">Anomaly index</th>
                <th scope="col" class="number">p</th>
                <th scope="col" class="number">Clean accuracy</th>
                <th scope="col">Stated</th>
              </tr>
            </thead>
            <tbody>
              ${audited.map(({ folder, audit }) => row(folder, audit))}
            </tbody>
          </table>
        </div>
      </section>
      ${
        refused.length > 0 &&
        html`<section>
          <h2>Refused</h2>
          <ul>
            ${refused.map(
              ({ path, refusal }) =>
                html`<li>
                  <code>${path}</code>
                  ${refusal}
                </li>`,
            )}
          </ul>
        </section>`
      }
    </main>`,
    footer: html`<footer></footer>`,
  });
}

/** Highest probability first; those without one behind, by anomaly index; then by name. */
export function rankBySuspicion<T extends { readonly audit: ModelAudit }>(
  entries: readonly T[],
): T[] {
  const key = ({ audit: { verdict } }: T) =>
    [verdict.probability ?? -1, verdict.anomalyIndex ?? -Infinity] as const;
  return [...entries].sort((a, b) => {
    const [first, second] = [key(a), key(b)];
    return (
      second[0] - first[0] ||
      (second[1] === first[1] ? 0 : second[1] - first[1]) ||
      (a.audit.model.name < b.audit.model.name ? -1 : 1)
    );
  });
}

function row(folder: string, audit: ModelAudit): Markup {
  const { model, verdict, dataset } = audit;
  const truth = model.groundTruth;
  const target =
    verdict.targetClass === null
      ? verdict.moves === null
        ? "–"
        : "several"
      : (dataset.classes[verdict.targetClass] ??
        `class ${verdict.targetClass}`);
  return html`<tr>
    <th scope="row">
      <a href="${fileAddress(`${folder}/index.html`)}"
        ><bdi>${model.name}</bdi></a
      >
    </th>
    <td>${verdictBadge(verdict.verdict)}</td>
    <td class="number">${probabilityText(verdict)}</td>
    <td><bdi>${target}</bdi></td>
    <td>
      ${verdict.perturbation === null ? "–" : kindTitles[verdict.perturbation]}
    </td>
    <td class="number">
      ${verdict.anomalyIndex === null ? "–" : verdict.anomalyIndex.toFixed(2)}
    </td>
    <td class="number">
      ${verdict.pValue === null ? "–" : pValueText(verdict.pValue)}
    </td>
    <td class="number">
      ${model.cleanAccuracy === null ? "–" : percent(model.cleanAccuracy)}
    </td>
    <td>${truth === null ? "nothing" : truth.status}</td>
  </tr>`;
}
