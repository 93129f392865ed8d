/**
 * The colours of a mask: a ramp whose lightness rises in equal steps, from deep indigo through teal to pale yellow, so that
 * equal differences of the mask look equal, also in grey and to colour-blind readers. Laid out in OKLCH by a few anchors of our own.
 * Source of the conversion: Björn Ottosson, "A perceptual color space for image processing" (2020).
 */

type Rgb = readonly [number, number, number];

/** Lightness at the two ends of the ramp. */
const lightness = [0.17, 0.96] as const;
/** Hue in degrees at equal distances along the ramp. */
const hues = [292, 262, 210, 165, 104] as const;
/** Chroma at the same places; lowered where sRGB has no such colour. */
const chromas = [0.08, 0.12, 0.11, 0.14, 0.12] as const;

/** Catmull–Rom interpolation of equally spaced anchors; t in 0…1. */
function interpolate(anchors: readonly number[], t: number): number {
  const last = anchors.length - 1;
  const place = Math.min(last, Math.max(0, t * last));
  const i = Math.min(last - 1, Math.floor(place));
  const at = (index: number): number =>
    anchors[Math.min(last, Math.max(0, index))];
  const u = place - i;
  const [a, b, c, d] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
  return (
    b +
    0.5 *
      u *
      (c - a + u * (2 * a - 5 * b + 4 * c - d + u * (3 * (b - c) + d - a)))
  );
}

/** Linear-light sRGB of an OKLCH colour; values outside 0…1 mean that sRGB has no such colour. */
function linearRgb(light: number, chroma: number, hue: number): Rgb {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (light - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}

/** @param t 0…1; outside it is clamped @returns R, G, B, 0…255 */
export function rampColor(t: number): Rgb {
  const place = Math.min(1, Math.max(0, t));
  const light = lightness[0] + (lightness[1] - lightness[0]) * place;
  const hue = interpolate(hues, place);
  let chroma = interpolate(chromas, place);
  let rgb = linearRgb(light, chroma, hue);
  while (chroma > 0 && rgb.some((value) => value < 0 || value > 1)) {
    chroma = Math.max(0, chroma - 0.002);
    rgb = linearRgb(light, chroma, hue);
  }
  const encode = (value: number): number => {
    const linear = Math.min(1, Math.max(0, value));
    return Math.round(
      255 *
        (linear <= 0.0031308
          ? 12.92 * linear
          : 1.055 * linear ** (1 / 2.4) - 0.055),
    );
  };
  return [encode(rgb[0]), encode(rgb[1]), encode(rgb[2])];
}

/** The ramp as a CSS gradient from 0 at the left to 1 at the right. */
export function rampGradient(stops = 11): string {
  const colors = Array.from(
    { length: stops },
    (_, i) => `rgb(${rampColor(i / (stops - 1)).join(" ")})`,
  );
  return `linear-gradient(90deg, ${colors.join(", ")})`;
}
