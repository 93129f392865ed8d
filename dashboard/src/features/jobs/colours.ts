/** Colours of strengths, on the ramp that masks have: in order for every kind of colour vision, and in grey. Pure. */
import { rampColor } from "../gallery/color-ramp.ts";

export type Rgb = readonly [number, number, number];

/** The strongest stands out most from the page: dark on light, light on dark. @param strength 0…1 */
export const strengthColour = (
  strength: number,
  scheme: "light" | "dark",
): Rgb =>
  rampColor(scheme === "dark" ? 0.3 + 0.7 * strength : 0.95 - 0.95 * strength);

export const css = ([r, g, b]: Rgb): string => `rgb(${r} ${g} ${b})`;

/** Black or white, whichever is read better on it (WCAG 2, relative luminance). */
export function inkOn([r, g, b]: Rgb): "#000" | "#fff" {
  const linear = (value: number) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  const luminance =
    0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  return (luminance + 0.05) / 0.05 >= 1.05 / (luminance + 0.05)
    ? "#000"
    : "#fff";
}

/** How strong a pattern of k pixels is, on a logarithmic scale: few pixels are strong. @param ks of the curves, ascending */
export function strengthOfK(k: number, ks: readonly number[]): number {
  const [least, most] = [ks[0] ?? k, ks.at(-1) ?? k];
  if (most <= least) return 1;
  const place = Math.log(k / least) / Math.log(most / least);
  return Math.min(1, Math.max(0, 1 - place));
}
