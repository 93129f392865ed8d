import { expect, test } from "vitest";
import type { Shard } from "../../api/types.ts";
import {
  countStates,
  searchGrid,
  shardGrid,
  type CellPattern,
} from "./cells.ts";

const search = (targetClass: number, canvasIndex: number, seed = 0) => ({
  targetClass,
  canvasIndex,
  seed,
});

const shard = (
  index: number,
  status: Shard["status"],
  searches: Shard["searches"],
  done = 0,
) => ({ index, status, done, searches });

const pattern = (
  targetClass: number,
  canvasIndex: number,
  kStar: number | null,
  power: readonly number[] = [],
  seed = 0,
): CellPattern => ({ targetClass, canvasIndex, seed, kStar, power });

test("a cell a class and canvas, in the state of its shard", () => {
  const grid = searchGrid(
    [
      shard(0, "SUCCEEDED", [search(3, 0), search(7, 0)], 1),
      shard(1, "RUNNING", [search(3, 1)], 0.4),
      shard(2, "DEAD", [search(7, 1)]),
    ],
    [pattern(3, 0, 12), pattern(7, 0, null)],
  );
  expect(grid.columns).toEqual([3, 7]);
  expect(grid.rows).toEqual([0, 1]);
  expect(grid.cells.map((cell) => cell?.state)).toEqual([
    "done",
    "done",
    "working",
    "dead",
  ]);
  expect(grid.cells[2]?.done).toBe(0.4);
  expect(grid.cells[3]?.shards).toEqual([2]);
  expect(countStates(grid)).toMatchObject({ done: 2, working: 1, dead: 1 });
});

test("a class with fewer canvases leaves holes, not cells", () => {
  const grid = searchGrid(
    [shard(0, "PENDING", [search(0, 0), search(0, 1), search(1, 0)])],
    [],
  );
  expect(grid.cells.map((cell) => cell?.state ?? null)).toEqual([
    "waiting",
    "waiting",
    "waiting",
    null,
  ]);
});

test("of several seeds the best stands for the cell, and it is done when all are", () => {
  const shards = [
    shard(0, "SUCCEEDED", [search(0, 0, 0), search(0, 0, 1)], 1),
    shard(1, "RUNNING", [search(0, 0, 2)], 0.5),
  ];
  const found = [
    pattern(0, 0, null, [0.1, 0.8]),
    pattern(0, 0, 40, [0.2, 0.95], 1),
  ];
  const [cell] = searchGrid(shards, found).cells;
  expect(cell).toMatchObject({ state: "working", searches: 3, found: 2 });
  expect(cell?.done).toBeCloseTo((1 + 1 + 0.5) / 3);
  expect(cell?.best?.seed).toBe(1);
  const [whole] = searchGrid(shards, [
    ...found,
    pattern(0, 0, 40, [0.3, 0.99], 2),
  ]).cells;
  expect(whole).toMatchObject({ state: "done", done: 1 });
  expect(whole?.best?.seed).toBe(2);
});

test("patterns that are known before the shard's state is make the cell done", () => {
  const [cell] = searchGrid(
    [shard(0, "RUNNING", [search(0, 0)], 0.9)],
    [pattern(0, 0, 5)],
  ).cells;
  expect(cell?.state).toBe("done");
});

test("a strip has a cell a shard", () => {
  const grid = shardGrid([
    shard(0, "SUCCEEDED", null, 1),
    shard(1, "QUEUED", null),
    shard(2, "RETRY", null),
    shard(3, "CANCELLED", null),
  ]);
  expect(grid.cells.map((cell) => cell?.state)).toEqual([
    "done",
    "waiting",
    "retrying",
    "cancelled",
  ]);
});
