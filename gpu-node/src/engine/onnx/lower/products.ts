/** Matrix products and Einstein sums. */
import type { Value } from "../../graph/graph.ts";
import { elementCount } from "../../graph/tensor.ts";
import type { Lowerings, OnnxCall } from "./call.ts";
import { same } from "./elementwise.ts";

/** alpha·A'·B' + beta·C: the factors go where they fold into constants. */
function gemm(call: OnnxCall): Value {
  const alpha = call.float("alpha", 1);
  const beta = call.float("beta", 1);
  const scale = (value: Value, factor: number) =>
    factor === 1 ? value : call.add("Mul", [value, call.g.scalar(factor)], {});
  const c = beta === 0 ? null : call.optional(2);
  return call.add(
    "Gemm",
    [
      call.input(0),
      scale(call.input(1), alpha),
      ...(c ? [scale(c, beta)] : []),
    ],
    {
      transA: call.flag("transA"),
      transB: call.flag("transB"),
    },
  );
}

interface Equation {
  readonly operands: readonly (readonly string[])[];
  readonly output: readonly string[];
}

/** Letters by axis. An ellipsis becomes the digits 0, 1, …, aligned at the end as broadcasting does. */
function parseEquation(call: OnnxCall): Equation {
  const text = call.text("equation", "").replaceAll(" ", "");
  const [left = "", right] = text.split("->");
  const terms = left.split(",");
  if (
    terms.length !== call.inputs.length ||
    !/^[A-Za-z.,]*$/.test(left + (right ?? ""))
  )
    call.fail(`equation "${text}" cannot be read`);
  let widest = 0;
  const operands = terms.map((term, index) => {
    const { length: rank } = call.input(index).shape;
    const [before = "", after] = term.split("...");
    const named = before.length + (after?.length ?? 0);
    const hidden = after === undefined ? 0 : rank - named;
    if (hidden < 0 || named + hidden !== rank)
      call.fail(
        `"${term}" does not fit [${call.input(index).shape.join(",")}]`,
      );
    widest = Math.max(widest, hidden);
    return { before, after: after ?? "", hidden };
  });
  const digits = (hidden: number) =>
    Array.from({ length: hidden }, (_, axis) => String(widest - hidden + axis));
  const expanded = operands.map(({ before, after, hidden }) => [
    ...before,
    ...digits(hidden),
    ...after,
  ]);
  const letters = expanded.flat().filter((letter) => /[A-Za-z]/.test(letter));
  // Without "->", the letters that occur once, in alphabetical order.
  const implied = letters
    .filter((letter) => letters.indexOf(letter) === letters.lastIndexOf(letter))
    .sort();
  const [before = "", after] = (right ?? "").split("...");
  const output =
    right === undefined
      ? [...digits(widest), ...implied]
      : [
          ...before,
          ...(after === undefined ? [] : digits(widest)),
          ...(after ?? ""),
        ];
  const isRepeated = [...expanded, output].some(
    (term) => new Set(term).size < term.length,
  );
  if (isRepeated)
    call.fail(
      `equation "${text}" repeats a letter within one term, which is not supported`,
    );
  if (output.some((letter) => !expanded.flat().includes(letter)))
    call.fail(`equation "${text}" makes an axis of nothing`);
  return { operands: expanded, output };
}

/** Sums `value` over the axes whose letters nothing else needs. */
function sumOut(
  call: OnnxCall,
  value: Value,
  letters: readonly string[],
  needed: ReadonlySet<string>,
): [Value, string[]] {
  const axes = letters.flatMap((letter, axis) =>
    needed.has(letter) ? [] : [axis],
  );
  const summed =
    axes.length === 0
      ? value
      : call.add("ReduceSum", [value], { axes, keepDims: false });
  return [summed, letters.filter((letter) => needed.has(letter))];
}

/** `value`, whose axes are `letters`, with its axes in the order `wanted`. */
function arrange(
  call: OnnxCall,
  value: Value,
  letters: readonly string[],
  wanted: readonly string[],
): Value {
  return call.transpose(
    value,
    wanted.map((letter) => letters.indexOf(letter)),
  );
}

/**
 * One or two operands: axes that both and the output have are stacked, those that both have and the output has not are
 * multiplied over, and MatMul of [stacked, rows, inner]·[stacked, inner, columns] does the rest.
 */
function einsum(call: OnnxCall): Value {
  const { operands, output } = parseEquation(call);
  const [first, second, ...more] = operands as [string[], string[] | undefined];
  if (more.length > 0)
    return call.fail("more than two operands are not supported");
  if (!second) {
    const [value, letters] = sumOut(
      call,
      call.input(0),
      first,
      new Set(output),
    );
    return arrange(call, value, letters, output);
  }
  const [a, lettersA] = sumOut(
    call,
    call.input(0),
    first,
    new Set([...output, ...second]),
  );
  const [b, lettersB] = sumOut(
    call,
    call.input(1),
    second,
    new Set([...output, ...first]),
  );
  const sizes = new Map<string, number>();
  for (const [value, letters] of [
    [a, lettersA],
    [b, lettersB],
  ] as const) {
    letters.forEach((letter, axis) => {
      const size = value.shape[axis];
      if ((sizes.get(letter) ?? size) !== size)
        call.fail(
          `axis "${letter}" has ${sizes.get(letter)} elements and ${size}`,
        );
      sizes.set(letter, size);
    });
  }
  const count = (letters: readonly string[]) =>
    elementCount(letters.map((letter) => sizes.get(letter)!));
  const shared = lettersA.filter((letter) => lettersB.includes(letter));
  const stacked = output.filter((letter) => shared.includes(letter));
  const inner = shared.filter((letter) => !output.includes(letter));
  const rows = output.filter(
    (letter) => lettersA.includes(letter) && !shared.includes(letter),
  );
  const columns = output.filter(
    (letter) => lettersB.includes(letter) && !shared.includes(letter),
  );
  const outer = stacked.map((letter) => sizes.get(letter)!);
  const left = call.reshape(
    arrange(call, a, lettersA, [...stacked, ...rows, ...inner]),
    [...outer, count(rows), count(inner)],
  );
  const right = call.reshape(
    arrange(call, b, lettersB, [...stacked, ...inner, ...columns]),
    [...outer, count(inner), count(columns)],
  );
  const order = [...stacked, ...rows, ...columns];
  const result = call.reshape(
    call.add("MatMul", [left, right], {}),
    order.map((letter) => sizes.get(letter)!),
  );
  return arrange(call, result, order, output);
}

export const products: Lowerings = {
  MatMul: same("MatMul"),
  Gemm: gemm,
  Einsum: einsum,
};
