/** Numbers and times as people read them. Pure; the present is passed in. */

const count = new Intl.NumberFormat("en-GB");
export const formatCount = (value: number): string => count.format(value);

/** @param share 0…1 @example "60.8%" */
export const formatShare = (share: number, digits = 1): string =>
  `${(share * 100).toFixed(digits)}%`;

/** An interval of shares. @example "57.1–64.3%" */
export const formatInterval = (low: number, high: number): string =>
  `${(low * 100).toFixed(1)}–${(high * 100).toFixed(1)}%`;

const prefixes = ["", "k", "M", "G", "T", "P"] as const;
/** SI prefixes, three figures. @example formatSi(12_345, "B") is "12.3 kB" */
export function formatSi(value: number, unit: string): string {
  let place = 0;
  let scaled = value;
  while (Math.abs(scaled) >= 999.5 && place < prefixes.length - 1) {
    scaled /= 1000;
    place++;
  }
  const digits = place === 0 || scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2;
  return `${scaled.toFixed(digits)} ${prefixes[place]}${unit}`;
}

/** A number of something a second, three figures. @example formatRate(12.345) is "12.3", formatRate(1_234) is "1,234" */
export const formatRate = (perSecond: number): string =>
  perSecond >= 100
    ? formatCount(Math.round(perSecond))
    : String(Number(perSecond.toPrecision(3)));

/** @example "2 h 5 min", "41 s" */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "unknown";
  if (seconds < 60) return `${Math.max(0, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${minutes % 60} min`;
  const days = Math.floor(hours / 24);
  return days < 10 ? `${days} d ${hours % 24} h` : `${days} d`;
}

/** @param at ISO 8601 @param now milliseconds @example "3 min ago" */
export function formatAge(at: string, now: number): string {
  const seconds = (now - Date.parse(at)) / 1000;
  if (seconds < 5) return "just now";
  return seconds < 60
    ? `${Math.round(seconds)} s ago`
    : `${formatDuration(seconds)} ago`;
}

/** The exact moment, in the reader's zone. */
export const formatMoment = (at: string): string =>
  new Date(at).toLocaleString("en-GB", {
    dateStyle: "medium",
    timeStyle: "long",
  });
