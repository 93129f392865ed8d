/** For tests: reading and writing by indices. */
import { integers } from "../../graph/tensor.ts";
import { sample } from "../check-operator.ts";
import { counts, truths, type OperatorCases } from "./operator-case.ts";

const gathers = [
  ["a permutation", [2, 0, 3, 1, 4]],
  ["a constant step", [0, 2, 4]],
  ["one, from the end", [-2]],
  ["no repeats", [4, 0, 1]],
  ["repeats, from both ends", [1, -4, 3, 1]],
] as const;

const elements = {
  inputs: [sample([3, 4]), integers([1, 1, 3, 0, -1, 3], [2, 3])],
  attributes: { axis: 1 },
} as const;

const reductions = ["none", "add"] as const;

export const indexing = {
  Gather: [
    ...gathers.flatMap(([title, indices]) => [
      {
        title: `${title}, first axis`,
        inputs: [sample([5, 2]), integers(indices)],
        attributes: { axis: 0 },
      },
      {
        title: `${title}, inner axis`,
        inputs: [sample([2, 5, 2]), integers(indices)],
        attributes: { axis: 1 },
      },
    ]),
    {
      title: "indices of two axes",
      inputs: [sample([2, 5, 2]), integers([4, 1, 0, 4], [2, 2])],
      attributes: { axis: 1 },
    },
    {
      title: "a scalar index",
      inputs: [sample([4, 3]), integers([2], [])],
      attributes: { axis: 0 },
    },
    {
      title: "int64",
      inputs: [counts([5, 2]), integers([3, 0])],
      attributes: { axis: 0 },
    },
    {
      title: "bool",
      inputs: [truths([5, 2]), integers([3, 0])],
      attributes: { axis: 0 },
    },
  ],
  GatherElements: [
    { title: "last axis, repeats", ...elements },
    {
      title: "first axis",
      inputs: [sample([3, 4]), integers([2, 0, -1, 1, 0, 0], [2, 3])],
      attributes: { axis: 0 },
    },
    {
      title: "int64",
      inputs: [counts([3, 2]), integers([1, 0, 0], [3, 1])],
      attributes: { axis: 1 },
    },
  ],
  ScatterElements: [
    ...reductions.map((reduction) => ({
      title: `no collisions, ${reduction}`,
      inputs: [
        sample([3, 3]),
        integers([1, 0, 2, 0, 2, 1], [2, 3]),
        sample([2, 3], 2),
      ],
      attributes: { axis: 0, reduction },
    })),
    {
      title: "sums that collide",
      inputs: [sample([4]), integers([2, 2, -2]), sample([3], 2)],
      attributes: { axis: 0, reduction: "add" },
    },
    {
      title: "inner axis of three",
      inputs: [
        sample([2, 4, 3]),
        integers([3, -1, 0, 2, 1, 1], [2, 1, 3]),
        sample([2, 1, 3], 2),
      ],
      attributes: { axis: 1, reduction: "none" },
    },
    ...reductions.map((reduction) => ({
      title: `int64, ${reduction}`,
      inputs: [counts([5]), integers([4, 0]), counts([2], 2)],
      attributes: { axis: 0, reduction },
    })),
  ],
  ScatterND: [
    ...(
      [
        ["blocks", "none", [1, 0], [2, 1], [2, 4]],
        ["blocks that collide", "add", [1, 1], [2, 1], [2, 4]],
        ["elements", "none", [0, 1, 2, 3], [2, 2], [2]],
        ["elements, from the end", "add", [0, 1, -3, 1], [2, 2], [2]],
        ["blocks, from the end", "none", [-1, 0], [2, 1], [2, 4]],
      ] as const
    ).map(([title, reduction, indices, shape, updates]) => ({
      title: `${title}, ${reduction}`,
      inputs: [sample([3, 4]), integers(indices, shape), sample(updates, 2)],
      attributes: { reduction },
    })),
    {
      title: "int64",
      inputs: [counts([4]), integers([2], [1, 1]), counts([1], 2)],
      attributes: { reduction: "add" },
    },
  ],
} satisfies OperatorCases;
