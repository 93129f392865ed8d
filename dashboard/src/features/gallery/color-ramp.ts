/**
 * The colours of a mask: deep indigo through teal to pale yellow, lightness rising evenly, so that equal differences look equal, also
 * in grey and to colour-blind readers. Anchors of the ramp in gpu-node/src/report/color-ramp.ts, which is laid out in OKLCH; between them
 * straight lines are near enough for 256 steps.
 */

const anchors = [
  [18, 4, 46],
  [26, 15, 64],
  [31, 27, 85],
  [32, 42, 106],
  [25, 59, 125],
  [2, 78, 137],
  [0, 97, 139],
  [5, 115, 143],
  [10, 133, 149],
  [4, 151, 156],
  [14, 169, 160],
  [8, 189, 161],
  [65, 205, 155],
  [124, 218, 144],
  [178, 228, 135],
  [222, 236, 136],
  [255, 246, 148],
] as const;

/** @param t 0…1 @returns R, G, B */
export function rampColor(t: number): readonly [number, number, number] {
  const place = Math.min(1, Math.max(0, t)) * (anchors.length - 1);
  const i = Math.min(anchors.length - 2, Math.floor(place));
  const [from, to] = [anchors[i]!, anchors[i + 1]!];
  const mix = (channel: 0 | 1 | 2) =>
    Math.round(from[channel] + (to[channel] - from[channel]) * (place - i));
  return [mix(0), mix(1), mix(2)];
}

/** R, G, B for each of 256 values. */
export const ramp = Uint8Array.from(
  Array.from({ length: 256 }, (_, i) => rampColor(i / 255)).flat(),
);

/** From 0 at the left to 1 at the right. */
export const rampGradient = `linear-gradient(90deg, ${anchors
  .map((color) => `rgb(${color.join(" ")})`)
  .join(", ")})`;
