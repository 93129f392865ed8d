/**
 * From a search that is asked for, and what the check measured, to shards. Pure.
 *
 * Which searches there are, and how many share a pass, is decided as by gpu-node/src/local/plan-searches.ts: the same request gives
 * the same searches with the same bytes, here and there. Apps do not import each other; test/planning/ holds both plans
 * against each other.
 */
import { ControlPlaneError } from "../control-plane-error.ts";
import type { SearchIdentity, SearchSettings } from "../shards/shard-spec.ts";
import { parseClassList } from "./class-list.ts";

/** What a check has found out about a model and a data set. */
export interface CheckedFacts {
  /** [C, H, W]. */
  readonly inputShape: readonly number[];
  readonly numClasses: number;
  readonly canvasesByClass: readonly number[];
  readonly searchImagesByClass: readonly number[];
  readonly evaluateImages: number;
  /** Forward passes a second, of one image each. */
  readonly imagesPerSecond: number;
}

export interface PlanRequest {
  /** As people write them: `all`, `0,3-5`. */
  readonly classes: string;
  readonly settings: SearchSettings;
  /** Only this canvas of each class, instead of the first `settings.canvases`. */
  readonly canvasIndex: number | null;
  /** Of the first seed; further seeds count on from it. */
  readonly seed: number;
  /** Null: by the size of the images. */
  readonly pack: number | null;
  /** Most images that a pattern is tried on. */
  readonly evaluateImages: number;
}

export interface Plan {
  /** S. */
  readonly pack: number;
  readonly searchCount: number;
  /** On one node, by what the check measured. */
  readonly secondsPerSearch: number;
  /** Classes that have fewer images to serve as canvas than canvases were asked for, and get as many as they have. */
  readonly classesShortOfCanvases: number;
  /** Searches of each shard, in the order in which they are run. */
  readonly shards: readonly (readonly SearchIdentity[])[];
}

/** Floats of images that share a forward pass, as in plan-searches.ts. */
const packedFloats = 8 * 4 * 3 * 32 * 32;
/** Forward passes that a gradient costs, about. */
const gradientWork = 3;
/** Sizes at which a pattern is tried on every evaluation image. */
const curvePoints = 6;
/** Of the pixels, the largest size at which it is tried: so many indices a result lists of each pattern. */
const listedPixels = 0.1;
/** What a shard's result may take of a message of 4 MiB. */
const resultBytes = 3_500_000;
/** Beyond, a job would not be one that anybody looks at. */
export const mostSearches = 1_000_000;
/** Where nothing was measured: a small model on a slow machine. */
const assumedImagesPerSecond = 100;
/** A shard should take about this long; less where the job is so small that machines would stand idle. Seconds. */
const aimSeconds = 20;
const leastSeconds = 5;
/** A small job is cut into this many shards, as far as `leastSeconds` allows. */
const wantedShards = 8;

/** @throws ControlPlaneError "invalid" when the searches cannot be made from the data set, or are too many */
export function planShards(request: PlanRequest, facts: CheckedFacts): Plan {
  const pack =
    request.pack ?? choosePack(facts.inputShape, request.settings.batchSize);
  const classes = parseClassList(request.classes, facts.numClasses);
  const searches = breadthFirst(listSearches(request, classes, facts));
  const seconds = secondsPerSearch(request, facts);
  const size = Math.min(
    shardSize(searches.length, pack, seconds),
    largestShard(pack, facts),
  );
  const shards: SearchIdentity[][] = [];
  for (let first = 0; first < searches.length; first += size)
    shards.push(searches.slice(first, first + size));
  return {
    pack,
    searchCount: searches.length,
    secondsPerSearch: seconds,
    classesShortOfCanvases: countShortOfCanvases(request, classes, facts),
    shards,
  };
}

function countShortOfCanvases(
  { settings, canvasIndex }: PlanRequest,
  classes: readonly number[],
  { canvasesByClass }: CheckedFacts,
): number {
  if (settings.canvasSource !== "natural" || canvasIndex !== null) return 0;
  return classes.filter(
    (index) => (canvasesByClass[index] ?? 0) < settings.canvases,
  ).length;
}

/** S where nobody says: 8 for small images, fewer where 8 would only take memory. */
export function choosePack(
  inputShape: readonly number[],
  batchSize: number,
): number {
  const floats = inputShape.reduce((product, size) => product * size, 1);
  return Math.max(
    1,
    Math.min(8, Math.floor(packedFloats / (batchSize * floats))),
  );
}

/**
 * The searches of a job: classes, then canvases, then seeds. That is also the order of result.json.
 * @throws ControlPlaneError "invalid" when the data set has too few images for one of them, or they are too many
 */
export function listSearches(
  request: Pick<PlanRequest, "settings" | "canvasIndex" | "seed">,
  classes: readonly number[],
  facts: Pick<CheckedFacts, "canvasesByClass" | "searchImagesByClass">,
): SearchIdentity[] {
  const { settings, canvasIndex, seed } = request;
  const refuse = (why: string): never => {
    throw new ControlPlaneError("invalid", why);
  };
  const searchImages = facts.searchImagesByClass.reduce(
    (sum, count) => sum + count,
    0,
  );
  const identities: SearchIdentity[] = [];
  for (const targetClass of classes) {
    const others = searchImages - (facts.searchImagesByClass[targetClass] ?? 0);
    if (others < settings.batchSize)
      refuse(
        `batchSize: only ${others} images are left to search class ${targetClass} with, a batch takes ${settings.batchSize}. ` +
          "Add images to the data set, or ask for a smaller batchSize.",
      );
    const available =
      settings.canvasSource === "natural"
        ? (facts.canvasesByClass[targetClass] ?? 0)
        : Infinity;
    if (available === 0)
      refuse(
        `canvasSource: class ${targetClass} has no image to serve as canvas. Add images to the data set, or use the source noise.`,
      );
    if (canvasIndex !== null && canvasIndex >= available)
      refuse(
        `canvasIndex: ${canvasIndex}; class ${targetClass} has the canvases 0 to ${available - 1}.`,
      );
    const first = canvasIndex ?? 0;
    const past =
      canvasIndex === null
        ? Math.min(settings.canvases, available)
        : canvasIndex + 1;
    if (identities.length + (past - first) * settings.seeds > mostSearches)
      refuse(
        `classes × canvases × seeds: more than ${mostSearches} searches. Ask for fewer, in several jobs.`,
      );
    for (let canvas = first; canvas < past; canvas++)
      for (let i = 0; i < settings.seeds; i++)
        identities.push({ targetClass, canvasIndex: canvas, seed: seed + i });
  }
  return identities;
}

/**
 * The first canvas and seed of every class, then the next: what people compare are classes, so each has an answer before any has
 * a second one, and a job that is stopped early leaves as much of every class.
 */
function breadthFirst(searches: readonly SearchIdentity[]): SearchIdentity[] {
  return searches.toSorted(
    (a, b) =>
      a.canvasIndex - b.canvasIndex ||
      a.seed - b.seed ||
      a.targetClass - b.targetClass,
  );
}

function secondsPerSearch(
  { settings, evaluateImages }: PlanRequest,
  facts: CheckedFacts,
): number {
  const { imagesPerSecond } = facts;
  const evaluated = Math.min(evaluateImages, facts.evaluateImages);
  const passes =
    settings.steps * settings.batchSize * gradientWork +
    curvePoints * evaluated;
  return (
    passes / (imagesPerSecond > 0 ? imagesPerSecond : assumedImagesPerSecond)
  );
}

/** Most searches whose results fit into one message: whole packs, where one does. */
function largestShard(
  pack: number,
  { inputShape, numClasses }: CheckedFacts,
): number {
  const [, height = 1, width = 1] = inputShape;
  const pixels = height * width;
  // What is written of a source class, and of an index: varints hold 7 bits a byte.
  const ofSources = 20 * numClasses;
  const ofIndices =
    Math.round(listedPixels * pixels) * Math.ceil(Math.log2(pixels + 1) / 7);
  const most = Math.floor(resultBytes / (1_000 + ofSources + ofIndices));
  return most < pack ? Math.max(1, most) : most - (most % pack);
}

/**
 * Searches a shard. Whole packs: an idle place in a pack costs as much as a search, so a shard of less than a pack is no shorter.
 * Shards may therefore pass their aim where a single pack does.
 */
function shardSize(searchCount: number, pack: number, seconds: number): number {
  const aim = Math.min(
    aimSeconds,
    Math.max(leastSeconds, (searchCount * seconds) / wantedShards),
  );
  const packs = Math.max(1, Math.round(aim / (seconds * pack)));
  return Math.min(packs * pack, Math.max(1, searchCount));
}
