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

/** A difference of shares, in points: 0.123 → "+12.3", −0.05 → "−5.0". */
export function points(difference: number): string {
  const text = Math.abs(difference * 100).toFixed(1);
  if (text === "0.0") return "±0.0";
  return `${difference < 0 ? "−" : "+"}${text}`;
}

/** 12345 → "12 345", with thin spaces. */
export function integer(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, "\u2009");
}

/** A median or a mask's size: as many digits as help. 7.5 → "7.5", 1234.5 → "1 235". */
export function decimal(value: number): string {
  return Number.isInteger(value) || value >= 100
    ? integer(value)
    : value.toFixed(1);
}

/** @param kStar null: the threshold was never reached */
export function kStarText(kStar: number | null): string {
  return kStar === null ? "∞" : `${integer(kStar)} px`;
}

/** 125000 → "2 min 5 s". */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** "1 canvas", "3 canvases". */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${integer(n)} ${n === 1 ? one : many}`;
}

/** "a", "a and b", "a, b and c". */
export function listed(items: readonly string[]): string {
  if (items.length < 2) return items.join("");
  return `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}
