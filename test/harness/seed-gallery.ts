/**
 * Galleries as large as one likes without searching: models, jobs and shards made over REST, results written by what writes those of
 * nodes, masks and canvases as real artifacts, from which the server makes its thumbnails.
 */
import {
  encodeCanvas,
  encodeMask,
  finishSearch,
  registerCheckedModel,
  submitSearch,
  upload,
  type FoundPattern,
  type RestOfSearches,
} from "../../control-plane/src/rest/cases/record-search.ts";
import { newDatabase } from "../../control-plane/src/database/database.ts";
import type { Cluster } from "./cluster.ts";
import { send } from "./rest.ts";

export interface GallerySize {
  readonly models: number;
  readonly classes: number;
  readonly canvases: number;
}

const side = 32;
const ks = [2, 5, 10, 20, 51, 102];
/** Distinct masks and canvases; every pattern has one of each. */
const [maskCount, canvasCount] = [60, 12];

/** @returns the jobs' ids, one a model, all succeeded */
export async function seedGallery(
  cluster: Cluster,
  { models, classes, canvases }: GallerySize,
): Promise<readonly string[]> {
  const url = cluster.replicas[0].address;
  const database = newDatabase(cluster.pool);
  const rest: RestOfSearches = {
    url,
    database,
    request: (path, { method = "GET", body } = {}) =>
      send(url, method, path, body),
  };
  const found = await makePatterns(rest);
  const jobIds: string[] = [];
  for (let model = 0; model < models; model++) {
    const name = `generated ${model + 1}`;
    await registerCheckedModel(rest, name, {
      numClasses: classes,
      shape: [3, side, side],
    });
    const { id } = await submitSearch(rest, name, { canvases, pack: 10 });
    await finishSearch(
      rest,
      id,
      ({ targetClass, canvasIndex }) =>
        found[(targetClass * 7 + canvasIndex * 13 + model * 29) % found.length],
      side * side,
    );
    jobIds.push(id);
  }
  return jobIds;
}

/** A blob of strong pixels on a canvas of two colours, and a curve that rises with k; each of another place and height. */
async function makePatterns(
  rest: RestOfSearches,
): Promise<readonly FoundPattern[]> {
  const random = newRandom(7);
  const masks: (Pick<FoundPattern, "mask" | "topPixels"> & {
    readonly half: number;
  })[] = [];
  for (let i = 0; i < maskCount; i++) {
    const [y0, x0, spread] = [
      random() * side,
      random() * side,
      2 + random() * 6,
    ];
    const values = Array.from({ length: side * side }, (_, at) => {
      const [dy, dx] = [Math.floor(at / side) - y0, (at % side) - x0];
      const blob = Math.exp(-(dy * dy + dx * dx) / (2 * spread * spread));
      return Math.min(1, blob + random() * 0.2);
    });
    const topPixels = [...values.keys()]
      .sort((a, b) => values[b] - values[a])
      .slice(0, ks.at(-1));
    masks.push({
      mask: await upload(rest, encodeMask(values, [side, side])),
      topPixels,
      half: 3 + random() * 60,
    });
  }
  const canvases: FoundPattern["canvas"][] = [];
  for (let i = 0; i < canvasCount; i++) {
    const [from, to] = [0, 1].map(() => [random(), random(), random()]);
    const colors = Uint8Array.from({ length: side * side * 3 }, (_, at) => {
      const share = Math.floor(at / 3 / side) / side;
      const channel = at % 3;
      return 255 * (from[channel] * (1 - share) + to[channel] * share);
    });
    canvases.push(
      await upload(rest, await encodeCanvas(colors, [side, side], 1)),
    );
  }
  return masks.flatMap(({ mask, topPixels, half }) =>
    canvases.map((canvas): FoundPattern => {
      const curve = ks.map((k) => ({ k, power: k / (k + half) }));
      const kStar = curve.find(({ power }) => power >= 0.5)?.k ?? null;
      return { mask, canvas, topPixels, kStar, curve };
    }),
  );
}

/** Lehmer's generator: the same numbers each time. @returns 0…1 */
function newRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
