/**
 * Sheets by pattern: fetched a few at a time, decoded once, kept within a budget. Who no longer wants one says so: what has scrolled
 * away before its turn is never asked for.
 */
import { bytesOf, readSheet, type Sheet } from "./sheet.ts";

const mostRequests = 8;
/** Of decoded sheets; those that were used longest ago go first. */
const budgetBytes = 64 * 2 ** 20;

interface Wanted {
  readonly callbacks: Set<(sheet: Sheet | null) => void>;
  readonly abort: AbortController;
  isUnderWay: boolean;
}

const kept = new Map<string, Sheet>();
let keptBytes = 0;
const wanted = new Map<string, Wanted>();
let requests = 0;

/** @returns the sheet where it is here already */
export function findSheet(patternId: string): Sheet | undefined {
  const sheet = kept.get(patternId);
  if (sheet) {
    // Youngest last.
    kept.delete(patternId);
    kept.set(patternId, sheet);
  }
  return sheet;
}

/**
 * @param onSheet called once, with null where there is none to be had
 * @returns says that it is no longer wanted
 */
export function wantSheet(
  patternId: string,
  onSheet: (sheet: Sheet | null) => void,
): () => void {
  const known = wanted.get(patternId);
  const want = known ?? {
    callbacks: new Set(),
    abort: new AbortController(),
    isUnderWay: false,
  };
  want.callbacks.add(onSheet);
  if (!known) {
    wanted.set(patternId, want);
    pump();
  }
  return () => {
    want.callbacks.delete(onSheet);
    if (want.callbacks.size > 0 || wanted.get(patternId) !== want) return;
    wanted.delete(patternId);
    want.abort.abort();
  };
}

/** For so long nothing more is asked for; milliseconds. What flies past is not looked at, and frames come first. */
const restMs = 120;
let resting: ReturnType<typeof setTimeout> | undefined;

export function restSheets(): void {
  clearTimeout(resting);
  resting = setTimeout(() => {
    resting = undefined;
    pump();
  }, restMs);
}

function pump(): void {
  if (resting !== undefined) return;
  for (const [patternId, want] of wanted) {
    if (requests >= mostRequests) return;
    if (want.isUnderWay) continue;
    want.isUnderWay = true;
    requests++;
    load(patternId, want.abort.signal)
      .then(
        (sheet) => {
          keep(patternId, sheet);
          tell(patternId, want, sheet);
        },
        () => tell(patternId, want, null),
      )
      .finally(() => {
        requests--;
        pump();
      });
  }
}

function tell(patternId: string, want: Wanted, sheet: Sheet | null): void {
  if (wanted.get(patternId) !== want) return;
  wanted.delete(patternId);
  for (const callback of want.callbacks) callback(sheet);
}

function keep(patternId: string, sheet: Sheet): void {
  kept.set(patternId, sheet);
  keptBytes += bytesOf(sheet);
  for (const [oldest, old] of kept) {
    if (keptBytes <= budgetBytes || kept.size === 1) return;
    kept.delete(oldest);
    keptBytes -= bytesOf(old);
  }
}

async function load(patternId: string, signal: AbortSignal): Promise<Sheet> {
  const response = await fetch(`/api/patterns/${patternId}/sheet.png`, {
    signal,
  });
  if (!response.ok) throw new Error(`sheet: ${response.status}`);
  return decodeSheet(await response.blob());
}

let scratch: OffscreenCanvas | undefined;

/** Ranks are numbers, not colours: nothing on the way may change them. */
async function decodeSheet(file: Blob): Promise<Sheet> {
  const picture = await createImageBitmap(file, {
    colorSpaceConversion: "none",
    premultiplyAlpha: "none",
  });
  const { width, height } = picture;
  if (scratch?.width !== width || scratch.height !== height)
    scratch = new OffscreenCanvas(width, height);
  const context = scratch.getContext("2d", { willReadFrequently: true })!;
  context.drawImage(picture, 0, 0);
  picture.close();
  return readSheet(
    context.getImageData(0, 0, width, height).data,
    width,
    height,
  );
}
