/** Numbers as a reader sees them. */

/** 0.9234 → "92.3%". */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)}%`;
}

/** A share of pixels: 0.0025 → "0.25%", 0.05 → "5%". */
export function fractionText(fraction: number): string {
  return `${Number((fraction * 100).toPrecision(2))}%`;
}

/** [0.891, 0.923] → "89.1–92.3%". */
export function interval([low, high]: readonly [number, number]): string {
  return `${(low * 100).toFixed(1)}–${(high * 100).toFixed(1)}%`;
}

/** 12345 → "12 345", with thin spaces. */
export function integer(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, "\u2009");
}

export function kStarText(kStar: number | null): string {
  return kStar === null ? "∞" : `${integer(kStar)} px`;
}

/** 125000 → "2 min 5 s". */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** "1 canvas", "3 canvases". */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${integer(n)} ${n === 1 ? one : many}`;
}
