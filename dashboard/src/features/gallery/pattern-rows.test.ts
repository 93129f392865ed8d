/** How a gallery gathers patterns: in pages, and run by run as they land. */
import { expect, test } from "vitest";
import {
  comparePlaces,
  mergePage,
  noRows,
  parsePlace,
  placeKey,
  runsOf,
  type PatternRow,
} from "./pattern-rows.ts";

const row = (targetClass: number, canvasIndex = 0, seed = 0): PatternRow => ({
  ...{ targetClass, canvasIndex, seed },
  id: `id of ${targetClass}.${canvasIndex}.${seed}`,
  kStar: null,
  maskL1: 1,
  n: 10,
  baseRate: 0,
  power: [0.5],
  low: [0.4],
  high: [0.6],
});
const pageOf = (patterns: readonly PatternRow[], ks: readonly number[]) => ({
  ks,
  fractions: ks.map((k) => k / 100),
  imageShape: [1, 10, 10],
  patterns,
});

test("a place is read back from its address, and nothing else is one", () => {
  const place = { targetClass: 12, canvasIndex: 3, seed: 4_294_967_295 };
  expect(parsePlace(placeKey(place))).toEqual(place);
  for (const text of [undefined, "", "1.2", "1.2.3.4", "-1.0.0", "1.0.x"])
    expect([text, parsePlace(text)]).toEqual([text, null]);
});

test("pages are put together; one without curves leaves the curves", () => {
  const first = mergePage(noRows, pageOf([row(0), row(1)], [2, 5]));
  const second = mergePage(first, pageOf([row(1, 1)], []));
  expect([...second.byPlace.keys()]).toEqual(["0.0.0", "1.0.0", "1.1.0"]);
  expect(second.ks).toEqual([2, 5]);
  expect(first.byPlace.size).toBe(2);
});

test("what landed is asked for in runs, each behind what is known", () => {
  const rows = mergePage(noRows, pageOf([row(1), row(4), row(5)], [2]));
  const landed = [row(6), row(3), row(0), row(2), row(4)];
  expect(runsOf(rows, landed)).toEqual([
    { after: null, count: 1 },
    { after: "id of 1.0.0", count: 2 },
    { after: "id of 5.0.0", count: 1 },
  ]);
  expect(runsOf(rows, [row(4)])).toEqual([]);
});

test("classes come before canvases, and canvases before seeds", () => {
  const places = [row(1), row(0, 1, 0), row(0, 0, 2), row(0, 1, 1)];
  expect(places.sort(comparePlaces).map(placeKey)).toEqual([
    "0.0.2",
    "0.1.0",
    "0.1.1",
    "1.0.0",
  ]);
});
