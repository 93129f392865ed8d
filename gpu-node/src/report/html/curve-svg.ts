/** A size–power curve as inline SVG: power against pattern size (log scale), 95% interval as a band, base rate as a dashed line. */
import type { PowerEntry } from "../result.ts";
import { fractionText, percent } from "./format.ts";
import { html, type Markup } from "./markup.ts";

interface Frame {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const small: Frame = {
  width: 160,
  height: 44,
  left: 3,
  right: 3,
  top: 4,
  bottom: 4,
};
const large: Frame = {
  width: 460,
  height: 268,
  left: 46,
  right: 14,
  top: 12,
  bottom: 46,
};

function scales(curve: readonly PowerEntry[], frame: Frame) {
  const ks = curve.map((entry) => Math.log(entry.k));
  const [low, high] = [Math.min(...ks), Math.max(...ks)];
  const spanX = frame.width - frame.left - frame.right;
  const spanY = frame.height - frame.top - frame.bottom;
  const round = (value: number): number => Math.round(value * 10) / 10;
  return {
    x: (k: number): number =>
      round(
        frame.left +
          (high === low ? 0.5 : (Math.log(k) - low) / (high - low)) * spanX,
      ),
    y: (power: number): number => round(frame.top + (1 - power) * spanY),
  };
}

function drawing(
  curve: readonly PowerEntry[],
  frame: Frame,
): { marks: Markup; band: Markup; base: Markup } {
  const { x, y } = scales(curve, frame);
  const line = curve
    .map((entry) => `${x(entry.k)},${y(entry.power)}`)
    .join(" ");
  const upper = curve.map((entry) => `${x(entry.k)},${y(entry.wilson95[1])}`);
  const lower = curve
    .map((entry) => `${x(entry.k)},${y(entry.wilson95[0])}`)
    .reverse();
  const baseRate = curve[0]?.baseRate ?? 0;
  return {
    band: html`<polygon
      class="band"
      points="${[...upper, ...lower].join(" ")}"
    />`,
    base: html`<line
      class="base"
      x1="${frame.left}"
      x2="${frame.width - frame.right}"
      y1="${y(baseRate)}"
      y2="${y(baseRate)}"
    />`,
    marks: html`<polyline class="line" points="${line}" />`,
  };
}

/** A curve without axes, for a tile; what it shows stands in the tile's text. */
export function sparkline(curve: readonly PowerEntry[]): Markup {
  const { marks, band, base } = drawing(curve, small);
  return html`<svg
    class="spark"
    viewBox="0 0 ${small.width} ${small.height}"
    aria-hidden="true"
  >
    ${band}${base}${marks}
  </svg>`;
}

/** A curve with axes. @param kStar drawn as an upright line, if it was reached */
export function curveFigure(
  curve: readonly PowerEntry[],
  kStar: number | null,
): Markup {
  const { x, y } = scales(curve, large);
  const { marks, band, base } = drawing(curve, large);
  const bottom = large.height - large.bottom;
  const right = large.width - large.right;
  const words = curve
    .map((entry) => `${percent(entry.power)} with ${entry.k} pixels`)
    .join(", ");
  return html`<svg
    class="curve"
    viewBox="0 0 ${large.width} ${large.height}"
    role="img"
    aria-label="Predictive power by pattern size: ${words}."
  >
    ${[0, 0.25, 0.5, 0.75, 1].map(
      (power) =>
        html`<line
            class="grid"
            x1="${large.left}"
            x2="${right}"
            y1="${y(power)}"
            y2="${y(power)}"
          />
          <text x="${large.left - 8}" y="${y(power) + 4}" text-anchor="end"
            >${power * 100}%</text
          >`,
    )}
    ${curve.map(
      (entry) =>
        html`<text x="${x(entry.k)}" y="${bottom + 18}" text-anchor="middle"
            >${entry.k}</text
          >
          <text
            class="minor"
            x="${x(entry.k)}"
            y="${bottom + 34}"
            text-anchor="middle"
            >${fractionText(entry.fraction)}</text
          >`,
    )}
    ${
      kStar !== null &&
      html`<line
          class="star"
          x1="${x(kStar)}"
          x2="${x(kStar)}"
          y1="${large.top}"
          y2="${bottom}"
        />
        <text class="star-label" x="${x(kStar) + 5}" y="${bottom - 7}"
          >k*</text
        >`
    }
    ${band}${base}${marks}
    ${curve.map(
      (entry) =>
        html`<circle
          class="dot"
          cx="${x(entry.k)}"
          cy="${y(entry.power)}"
          r="3.5"
          ><title>
            ${`${entry.k} pixels: ${percent(entry.power)}`}
          </title></circle
        >`,
    )}
  </svg>`;
}
