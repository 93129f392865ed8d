/** The words and signs of an audit that its pages share. */
import type { PerturbationKind } from "../../audit/perturbations/perturbation.ts";
import type { Verdict, VerdictName } from "../../audit/verdict.ts";
import type { AuditEvidence } from "../audit.ts";
import { percent } from "./format.ts";
import { html, type Markup } from "./markup.ts";

/** A sign that tells them apart without colour. */
const signs: Readonly<Record<VerdictName, string>> = {
  "backdoor suspected": "▲",
  "no evidence found": "○",
  inconclusive: "?",
};

const styles: Readonly<Record<VerdictName, string>> = {
  "backdoor suspected": "suspected",
  "no evidence found": "unsuspected",
  inconclusive: "open",
};

export function verdictBadge(verdict: VerdictName): Markup {
  return html`<span class="verdict verdict-${styles[verdict]}"
    ><span aria-hidden="true">${signs[verdict]}</span> ${verdict}</span
  >`;
}

export const kindTitles: Readonly<Record<PerturbationKind, string>> = {
  patch: "A few pixels",
  faint: "A faint picture",
  stripes: "Faint stripes",
  warp: "A slight movement",
  "noise-canvas": "A few pixels of noise",
  "natural-canvas": "A few pixels of an image",
};

export const kindMeanings: Readonly<Record<PerturbationKind, string>> = {
  patch: "pixels at searched places, with searched values",
  faint: "a searched picture mixed into the whole image",
  stripes: "a searched brightness added to each column and each row",
  warp: "all pixels moved smoothly, the same way in every image",
  "noise-canvas":
    "pixels at searched places, with the values of an image of noise",
  "natural-canvas":
    "pixels at searched places, with the values of an image of the class",
};

/** 8 → "8 px", 0.05 → "5%". */
export function strengthText(
  strength: number,
  unit: AuditEvidence["unit"],
): string {
  switch (unit) {
    case "pixels":
      return `${Math.round(10 * strength) / 10} px`;
    case "share":
    case "amplitude":
      return `${Math.round(1000 * strength) / 10}%`;
    case "shift":
      return `${Math.round(100 * strength) / 100} px`;
  }
}

/** 0.00012 → "0.0001", 0.2 → "0.20"; very small ones as a bound. */
export function pValueText(value: number): string {
  if (value < 0.0001) return "< 0.0001";
  return value < 0.01 ? value.toFixed(4) : value.toFixed(2);
}

export function probabilityText({ probability }: Verdict): string {
  return probability === null ? "–" : percent(probability);
}
