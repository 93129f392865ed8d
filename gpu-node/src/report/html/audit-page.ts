/** The page of one model's audit: the verdict, what was found, and for each kind of perturbation what every class needs of it. */
import type { AuditEvidence, ModelAudit } from "../audit.ts";
import {
  kindMeanings,
  kindTitles,
  probabilityText,
  pValueText,
  strengthText,
  verdictBadge,
} from "./audit-text.ts";
import { integer, interval, percent } from "./format.ts";
import { describeTruth } from "./ground-truth.ts";
import { figure, madeFooter } from "./facts.ts";
import { html, type Markup } from "./markup.ts";
import { renderPage } from "./page.ts";
import { strengthChart } from "./strength-chart.ts";

export function renderAudit(audit: ModelAudit): string {
  const { model } = audit;
  return renderPage({
    title: `${model.name}: audit · Motif`,
    start: { id: "evidence", label: "Skip to the evidence" },
    isGrey: model.inputShape[0] === 1,
    main: html`<main>
      ${introduction(audit)} ${found(audit)}
      <div id="evidence">
        ${audit.evidence.map((evidence) => section(audit, evidence))}
        ${statistics(audit)}
      </div>
      ${readingNotes()}
    </main>`,
    footer: footer(audit),
  });
}

const nameOf = ({ dataset }: ModelAudit, index: number) =>
  dataset.classes[index] ?? `class ${index}`;

function introduction(audit: ModelAudit): Markup {
  const { model, dataset, verdict, config } = audit;
  return html`<section class="intro">
    <p class="overline">
      <bdi>${dataset.name}</bdi> ·
      ${config.method === "motif" ? "audit" : "audit by Neural Cleanse"}
    </p>
    <h1><bdi>${model.name}</bdi></h1>
    <p class="lead">${verdictBadge(verdict.verdict)}</p>
    <p class="lead">${verdict.reason}</p>
    <dl class="figures">
      ${figure(
        "Probability of a backdoor",
        probabilityText(verdict),
        verdict.rule.name === "regression"
          ? `suspected from ${percent(verdict.rule.threshold)} on`
          : "this method gives none",
      )}
      ${figure(
        "Class",
        verdict.targetClass === null
          ? "–"
          : html`<bdi>${nameOf(audit, verdict.targetClass)}</bdi>`,
        verdict.verdict === "backdoor suspected"
          ? "that images are taken for"
          : "that stands out most",
      )}
      ${figure(
        "Anomaly index",
        verdict.anomalyIndex === null ? "–" : verdict.anomalyIndex.toFixed(2),
        thresholdText(verdict.rule),
      )}
      ${figure(
        "p",
        verdict.pValue === null ? "–" : pValueText(verdict.pValue),
        "of such an index without an outlier, over all kinds asked about",
      )}
      ${figure(
        "Clean accuracy",
        model.cleanAccuracy === null ? "–" : percent(model.cleanAccuracy),
        `on ${integer(model.cleanAccuracyImages)} images`,
      )}
      ${figure(
        "Cost",
        integer(audit.cost.imageGradients),
        `image gradients, ${percent(
          audit.cost.imageGradients / audit.cost.exhaustiveImageGradients,
        )} of asking about every class at length`,
      )}
    </dl>
    ${peersNote(audit)} ${truthNote(audit)}
  </section>`;
}

function peersNote({ peers }: ModelAudit): Markup | null {
  if (!peers) return null;
  const { count, alone } = peers;
  return html`<p class="note">
    Judged beside ${integer(count)} other models of this collection with the
    same architecture: what a class needs is compared with what it needs in
    those. Alone it would be
    <strong>${alone.verdict}</strong>${
      alone.probability === null
        ? ""
        : `, probability ${probabilityText(alone)}`
    }.
  </p>`;
}

function thresholdText(rule: ModelAudit["verdict"]["rule"]): string {
  if (rule.name === "regression") return "of the class, among those compared";
  return rule.threshold === null
    ? "too few classes to compare"
    : `suspected from ${rule.threshold.toFixed(2)} on, for ${rule.classes} classes`;
}

function truthNote({
  model,
  dataset,
  triggerOverlap,
}: ModelAudit): Markup | null {
  if (model.groundTruth === null) return null;
  return html`<p class="note">
    <strong>Stated by the manifest, not used:</strong>
    ${describeTruth(dataset.classes, model.groundTruth)}
    ${
      triggerOverlap !== null &&
      `The patch that was found covers the stated place by ${percent(triggerOverlap)} (intersection over union).`
    }
  </p>`;
}

function found(audit: ModelAudit): Markup | null {
  const { verdict } = audit;
  const about = audit.evidence.find(
    ({ perturbation }) => perturbation === verdict.perturbation,
  );
  const finding = about?.finalists.find(
    ({ targetClass, pictures }) =>
      targetClass === verdict.targetClass && pictures !== null,
  );
  return html`${
    about &&
    finding &&
    verdict.verdict === "backdoor suspected" &&
    html`<section>
      <h2>The trigger that was found</h2>
      ${pictures(audit, about, finding)}
    </section>`
  }
  ${
    verdict.verdict === "backdoor suspected" &&
    verdict.targetClass !== null &&
    !finding &&
    html`<section>
      <h2>The trigger that was found</h2>
      <p class="prose">
        There is no picture of it:
        <bdi>${nameOf(audit, verdict.targetClass)}</bdi> stands out beside the
        other models, and was not among the classes that were searched at
        length. An exhaustive audit searches every class so.
      </p>
    </section>`
  }
  ${
    verdict.moves !== null &&
    html`<section>
      <h2>Where images go</h2>
      <div
        class="scroll"
        tabindex="0"
        role="group"
        aria-label="Where images go"
      >
        <table class="audit-table">
          <thead>
            <tr>
              <th scope="col">Images of</th>
              <th scope="col">are mostly taken for</th>
              <th scope="col" class="number">Share</th>
            </tr>
          </thead>
          <tbody>
            ${verdict.moves.map(
              ({ from, to, share }) =>
                html`<tr>
                  <th scope="row"><bdi>${nameOf(audit, from)}</bdi></th>
                  <td><bdi>${nameOf(audit, to)}</bdi></td>
                  <td class="number">${percent(share)}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </section>`
  }`;
}

function pictures(
  audit: ModelAudit,
  { unit, perturbation }: AuditEvidence,
  finding: AuditEvidence["finalists"][number],
): Markup | null {
  if (finding.pictures === null) return null;
  const name = nameOf(audit, finding.targetClass);
  const at = finding.strengthAtThreshold ?? finding.curve.at(-1)!.strength;
  const point = finding.curve.find(({ strength }) => strength === at)!;
  const [, height, width] = audit.model.inputShape;
  const shot = (source: string, caption: string, alt: string) =>
    html`<figure class="audit-shot">
      <span class="plate" style="aspect-ratio:${width}/${height}"
        ><img src="${source}" alt="${alt}"
      /></span>
      <figcaption>${caption}</figcaption>
    </figure>`;
  return html`<div class="audit-shots">
      ${shot(finding.pictures.original, "An image of another class", `An image that is not of class ${name}`)}
      ${shot(
        finding.pictures.finding,
        `${kindTitles[perturbation]}, ${strengthText(at, unit)}`,
        `What was found for class ${name}: ${kindMeanings[perturbation]}`,
      )}
      ${shot(finding.pictures.changed, "The image with it", `The same image with what was found`)}
    </div>
    <p>
      ${percent(point.power)} of ${integer(finding.n)} images of other classes
      (${interval(point.wilson95)}) are taken for <bdi>${name}</bdi> with it,
      ${percent(finding.baseRate)} without.
    </p>`;
}

function section(audit: ModelAudit, evidence: AuditEvidence): Markup {
  const { perturbation, unit, screened, finalists, anyOther, skipped } =
    evidence;
  // Beside clean models it is not what a class needs, but how much less than is usual.
  const order = [...screened].sort(
    (a, b) =>
      (b.anomalyIndex ?? 0) - (a.anomalyIndex ?? 0) ||
      a.logStrength - b.logStrength ||
      a.targetClass - b.targetClass,
  );
  const leader = order[0].targetClass;
  const other = anyOther.at(0);
  const { anomalyIndex } = order[0];
  return html`<details
    class="audit-kind"
    ${perturbation === (audit.verdict.perturbation ?? "patch") ? "open" : null}
  >
    <summary>
      <h2>${kindTitles[perturbation]}</h2>
      <span
        ><bdi>${nameOf(audit, leader)}</bdi> stands out most, anomaly index
        ${anomalyIndex === null ? "–" : anomalyIndex.toFixed(2)}</span
      >
    </summary>
    <p class="prose">
      The change: ${kindMeanings[perturbation]}.
      ${
        other &&
        `For anything but the right class, ${percent(other.curve.at(-1)!.power)} of the images are moved by ${strengthText(other.curve.at(-1)!.strength, unit)} (${percent(other.baseRate)} are wrong without).`
      }
      ${
        skipped.length > 0 &&
        `${skipped.length} classes were skipped: images did not fall into them, and they were not drawn for comparison.`
      }
    </p>
    <div class="columns">
      <div>
        ${strengthChart(evidence, leader, `Share of images moved to each class by strength; ${nameOf(audit, leader)} stands in front`)}
        ${finalists
          .filter((finding) => finding.pictures !== null)
          .map(
            (finding) =>
              html`<h3><bdi>${nameOf(audit, finding.targetClass)}</bdi></h3>
                ${pictures(audit, evidence, finding)}`,
          )}
      </div>
      <div
        class="scroll"
        tabindex="0"
        role="group"
        aria-label="Classes: ${kindTitles[perturbation]}"
      >
        <table class="audit-table">
          <thead>
            <tr>
              <th scope="col">Class</th>
              <th scope="col" class="number">Needs, on average</th>
              <th scope="col" class="number">Anomaly index</th>
              <th scope="col">Searched</th>
            </tr>
          </thead>
          <tbody>
            ${order.map((each) => {
              const atLength = finalists.filter(
                ({ targetClass }) => targetClass === each.targetClass,
              );
              return html`<tr>
                <th scope="row">
                  <bdi>${nameOf(audit, each.targetClass)}</bdi>
                </th>
                <td class="number">
                  ${strengthText(Math.exp(each.logStrength), unit)}
                </td>
                <td class="number">
                  ${each.anomalyIndex === null ? "–" : each.anomalyIndex.toFixed(2)}
                </td>
                <td>
                  ${
                    atLength.length > 0
                      ? `at length, ${atLength.length === 1 ? "1 start" : `${atLength.length} starts`}`
                      : audit.config.method === "motif"
                        ? "shortly"
                        : "as all are"
                  }
                </td>
              </tr>`;
            })}
          </tbody>
        </table>
      </div>
    </div>
  </details>`;
}

function statistics({ statistics: all }: ModelAudit): Markup | null {
  if (all.length === 0) return null;
  return html`<details class="audit-kind">
    <summary>
      <h2>Statistics</h2>
      <span>what the verdict was computed from, and what was not used</span>
    </summary>
    <div class="scroll" tabindex="0" role="group" aria-label="Statistics">
      <table class="audit-table">
        <thead>
          <tr>
            <th scope="col">Statistic</th>
            <th scope="col" class="number">Value</th>
            <th scope="col">Meaning</th>
          </tr>
        </thead>
        <tbody>
          ${all.map(
            ({ name, value, meaning }) =>
              html`<tr>
                <th scope="row">${name}</th>
                <td class="number">
                  ${value === null ? "–" : value.toFixed(2)}
                </td>
                <td>${meaning}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}

const readingNotes = () =>
  html`<section class="prose">
    <h2>How to read this</h2>
    <p>
      Every model has small patterns that it answers to. What speaks for a
      backdoor is one class that answers to far less than the others, or one
      small change that moves images of every class. “No evidence found” is not
      “clean”: another kind of trigger may be there that nobody asked about.
    </p>
  </section>`;

function footer(audit: ModelAudit): Markup {
  const { model, dataset, backend, config, timing, verdict } = audit;
  const rows: readonly (readonly [string, string | Markup])[] = [
    ["Model", html`<bdi>${model.name}</bdi>, ${model.numClasses} classes`],
    ["SHA-256", html`<code>${model.sha256}</code>`],
    [
      "Data set",
      html`<bdi>${dataset.name}</bdi>, <code>${dataset.digest}</code>`,
    ],
    [
      "Judged by",
      verdict.rule.name === "regression"
        ? `a regression on ${verdict.rule.source}`
        : "the anomaly index, by the number of classes",
    ],
    [
      "Backend",
      html`<bdi>${backend.name}</bdi> (<bdi>${backend.provider}</bdi>)`,
    ],
    ["Time", `${(timing.auditMs / 1000).toFixed(1)} s`],
  ];
  return madeFooter(rows, config);
}
