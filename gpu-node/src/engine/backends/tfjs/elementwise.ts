/** Operators that compute element by element, with broadcasting where they have several operands. */
import { MotifError } from "../../../motif-error.ts";
import type { OpType } from "../../graph/operators.ts";
import {
  elementCount,
  floats,
  integers,
  isSameShape,
  type Shape,
} from "../../graph/tensor.ts";
import type { TfTensor } from "./platform.ts";
import { tfTypes, type Forward, type Forwards, type Site } from "./site.ts";

function unary<Op extends OpType>(kernelName: string): Forward<Op> {
  return (site) => {
    const kernel = site.kernel(kernelName);
    return ([x]) => kernel({ x });
  };
}

function binary<Op extends OpType>(kernelName: string): Forward<Op> {
  return (site) => {
    const kernel = site.kernel(kernelName);
    const [{ shape }] = site.outputs;
    if (shape.length <= mostAxes) return ([a, b]) => kernel({ a, b });
    const [mergedA, mergedB] = mergeBroadcast(
      ...(site.inputs.map((input) => input!.shape) as [Shape, Shape]),
    );
    const reshape = site.kernel("Reshape");
    return ([x, y]) => {
      const a = reshape({ x }, { shape: mergedA });
      const b = reshape({ x: y }, { shape: mergedB });
      return reshape({ x: kernel({ a, b }) }, { shape });
    };
  };
}

/** tfjs's kernels broadcast over at most six axes. */
const mostAxes = 6;

/**
 * Shapes of fewer axes that broadcast the same way: neighbours along which both operands vary, or the same one, are one.
 * @throws MotifError "backend" when more are left than tfjs takes
 */
function mergeBroadcast(a: Shape, b: Shape): [number[], number[]] {
  const rank = Math.max(a.length, b.length);
  const align = (shape: Shape) => [
    ...new Array<number>(rank - shape.length).fill(1),
    ...shape,
  ];
  const [alignedA, alignedB] = [align(a), align(b)];
  const merged: [number[], number[]] = [[], []];
  let kind = "";
  for (let axis = 0; axis < rank; axis++) {
    const [sizeA, sizeB] = [alignedA[axis], alignedB[axis]];
    if (sizeA === 1 && sizeB === 1) continue;
    const own = `${sizeA === 1} ${sizeB === 1}`;
    const last = merged[0].length - 1;
    if (own === kind) {
      merged[0][last] *= sizeA;
      merged[1][last] *= sizeB;
    } else {
      merged[0].push(sizeA);
      merged[1].push(sizeB);
    }
    kind = own;
  }
  if (merged[0].length > mostAxes)
    throw new MotifError(
      "backend",
      `tfjs does not broadcast [${a.join(",")}] and [${b.join(",")}]: more than ${mostAxes} axes`,
    );
  return merged;
}

/** A scalar of the type of the site's first input. */
function scalar(
  site: Pick<Site, "inputs" | "upload">,
  value: number,
): TfTensor {
  return site.upload(
    site.inputs[0]!.dtype === "int64"
      ? integers([value], [])
      : floats([value], []),
  );
}

/** Repeats a tensor of `from` until it has the shape `to`. */
export function repeat(
  site: Pick<Site, "kernel">,
  from: Shape,
  to: Shape,
): (x: TfTensor) => TfTensor {
  if (isSameShape(from, to)) return (x) => x;
  const [tile, reshape] = [site.kernel("Tile"), site.kernel("Reshape")];
  const aligned = [
    ...new Array<number>(to.length - from.length).fill(1),
    ...from,
  ];
  const reps = to.map((size, axis) => size / aligned[axis]);
  return (x) => tile({ x: reshape({ x }, { shape: aligned }) }, { reps });
}

/** a/b towards zero: tfjs rounds down, so it is given magnitudes. */
const divideIntegers: Forward<"Div"> = (site) => {
  const [abs, floorDiv, sign, multiply] = [
    "Abs",
    "FloorDiv",
    "Sign",
    "Multiply",
  ].map((name) => site.kernel(name));
  return ([a, b]) => {
    const magnitude = floorDiv({ a: abs({ x: a }), b: abs({ x: b }) });
    const signs = multiply({ a: sign({ x: a }), b: sign({ x: b }) });
    return multiply({ a: magnitude, b: signs });
  };
};

const choose: Forward<"Where"> = (site) => {
  const select = site.kernel("Select");
  const [{ shape }] = site.outputs;
  // Select takes operands of one shape, and reads a condition of one axis as a choice of rows.
  const flat = site.kernel("Reshape");
  const spread = site.inputs.map((input) => repeat(site, input!.shape, shape));
  const size = [elementCount(shape)];
  return (inputs) => {
    const [condition, t, e] = inputs.map((x, index) =>
      flat({ x: spread[index](x) }, { shape: size }),
    );
    return flat({ x: select({ condition, t, e }) }, { shape });
  };
};

/** (c and t) or (not c and e): the WASM kernel for choices takes truth values for numbers of four bytes. */
const chooseTruth: Forward<"Where"> = (site) => {
  const [and, or, not] = ["LogicalAnd", "LogicalOr", "LogicalNot"].map((name) =>
    site.kernel(name),
  );
  return ([condition, t, e]) =>
    or({
      a: and({ a: condition, b: t }),
      b: and({ a: not({ x: condition }), b: e }),
    });
};

export const elementwise = {
  Abs: unary("Abs"),
  Ceil: unary("Ceil"),
  Cos: unary("Cos"),
  Erf: unary("Erf"),
  Exp: unary("Exp"),
  Floor: unary("Floor"),
  Log: unary("Log"),
  Neg: unary("Neg"),
  Reciprocal: unary("Reciprocal"),
  Round: unary("Round"),
  Sign: unary("Sign"),
  Sin: unary("Sin"),
  Sqrt: unary("Sqrt"),
  Relu: unary("Relu"),
  Sigmoid: unary("Sigmoid"),
  Tanh: unary("Tanh"),
  Softplus: unary("Softplus"),
  LeakyRelu: (site) => {
    const kernel = site.kernel("LeakyRelu");
    const { alpha } = site.attributes;
    return ([x]) => kernel({ x }, { alpha });
  },
  // max(x, 0) + alpha·elu(min(x, 0)), since tfjs's Elu knows no alpha
  Elu: (site) => {
    const { alpha } = site.attributes;
    const elu = site.kernel("Elu");
    if (alpha === 1) return ([x]) => elu({ x });
    const [relu, minimum, multiply, add] = [
      "Relu",
      "Minimum",
      "Multiply",
      "Add",
    ].map((name) => site.kernel(name));
    const [zero, factor] = [scalar(site, 0), scalar(site, alpha)];
    return ([x]) => {
      const negative = elu({ x: minimum({ a: x, b: zero }) });
      return add({
        a: relu({ x }),
        b: multiply({ a: negative, b: factor }),
      });
    };
  },
  HardSigmoid: (site) => {
    const [multiply, add, clip] = ["Multiply", "Add", "ClipByValue"].map(
      (name) => site.kernel(name),
    );
    const { alpha, beta } = site.attributes;
    const [slope, offset] = [scalar(site, alpha), scalar(site, beta)];
    return ([x]) => {
      const line = add({ a: multiply({ a: x, b: slope }), b: offset });
      return clip({ x: line }, { clipValueMin: 0, clipValueMax: 1 });
    };
  },
  Clip: (site) => {
    const kernel = site.kernel("ClipByValue");
    const { min, max } = site.attributes;
    return ([x]) => kernel({ x }, { clipValueMin: min, clipValueMax: max });
  },

  Add: binary("Add"),
  Sub: binary("Sub"),
  Mul: binary("Multiply"),
  Div: (site) =>
    site.inputs[0]!.dtype === "int64"
      ? divideIntegers(site)
      : binary<"Div">("RealDiv")(site),
  Pow: binary("Pow"),
  Min: binary("Minimum"),
  Max: binary("Maximum"),
  // tfjs's Mod has the sign of the divisor; of magnitudes both kinds are the same.
  Mod: (site) => {
    const mod = site.kernel("Mod");
    if (!site.attributes.isFmod) return ([a, b]) => mod({ a, b });
    const [abs, sign, multiply] = ["Abs", "Sign", "Multiply"].map((name) =>
      site.kernel(name),
    );
    return ([a, b]) => {
      const magnitude = mod({ a: abs({ x: a }), b: abs({ x: b }) });
      return multiply({ a: magnitude, b: sign({ x: a }) });
    };
  },

  Equal: binary("Equal"),
  Greater: binary("Greater"),
  GreaterOrEqual: binary("GreaterEqual"),
  Less: binary("Less"),
  LessOrEqual: binary("LessEqual"),
  And: binary("LogicalAnd"),
  Or: binary("LogicalOr"),
  Not: unary("LogicalNot"),
  Where: (site) =>
    site.outputs[0].dtype === "bool" ? chooseTruth(site) : choose(site),
  Cast: (site) => {
    const [from, to] = [site.inputs[0]!.dtype, site.attributes.to];
    if (from === to) return unary<"Cast">("Identity")(site);
    if (to === "bool") {
      const notEqual = site.kernel("NotEqual");
      const zero = scalar(site, 0);
      return ([x]) => notEqual({ a: x, b: zero });
    }
    const cast = site.kernel("Cast");
    return ([x]) => cast({ x }, { dtype: tfTypes[to] });
  },
} satisfies Forwards;
