/** The curves of all classes asked about, power against strength (log scale): the first class stands out, the others are its background. */
import type { AuditEvidence } from "../audit.ts";
import { strengthText } from "./audit-text.ts";
import { html, type Markup } from "./markup.ts";

const frame = {
  ...{ width: 460, height: 240 },
  ...{ left: 46, right: 14, top: 12, bottom: 40 },
};
const shares = [0, 0.5, 1] as const;

/** Room that a label takes. */
const labelWidth = 46;

/** The last one, and of the others from the left those that do not touch. */
function labelled(
  strengths: readonly number[],
  x: (strength: number) => number,
): readonly number[] {
  const last = strengths.at(-1)!;
  let taken = -Infinity;
  return strengths.filter((strength) => {
    const isFree =
      strength === last ||
      (x(strength) - taken >= labelWidth &&
        x(last) - x(strength) >= labelWidth);
    if (isFree) taken = x(strength);
    return isFree;
  });
}

/** @param title said to those who do not see it */
export function strengthChart(
  { screened, unit }: Pick<AuditEvidence, "screened" | "unit">,
  leader: number,
  title: string,
): Markup {
  const strengths = screened[0].curve.map(({ strength }) => strength);
  const logs = strengths.map(Math.log);
  const [low, high] = [Math.min(...logs), Math.max(...logs)];
  const round = (value: number) => Math.round(value * 10) / 10;
  const x = (strength: number) =>
    round(
      frame.left +
        (high === low ? 0.5 : (Math.log(strength) - low) / (high - low)) *
          (frame.width - frame.left - frame.right),
    );
  const y = (power: number) =>
    round(frame.top + (1 - power) * (frame.height - frame.top - frame.bottom));
  const lineOf = ({ curve }: AuditEvidence["screened"][number]) =>
    curve.map(({ strength, power }) => `${x(strength)},${y(power)}`).join(" ");
  const first = screened.find(({ targetClass }) => targetClass === leader);
  return html`<svg
    class="curve"
    viewBox="0 0 ${frame.width} ${frame.height}"
    role="img"
    aria-label="${title}"
  >
    ${shares.map(
      (share) =>
        html`<path
            class="grid"
            d="M${frame.left} ${y(share)}H${frame.width - frame.right}"
          /><text x="${frame.left - 6}" y="${y(share) + 4}" text-anchor="end">
            ${100 * share}%
          </text>`,
    )}
    ${labelled(strengths, x).map(
      (strength) =>
        html`<text
          x="${x(strength)}"
          y="${frame.height - frame.bottom + 18}"
          text-anchor="middle"
        >
          ${strengthText(strength, unit)}
        </text>`,
    )}
    ${screened
      .filter((each) => each !== first)
      .map(
        (each) =>
          html`<polyline class="faded-line" points="${lineOf(each)}" />`,
      )}
    ${first && html`<polyline class="line" points="${lineOf(first)}" />`}
  </svg>`;
}
