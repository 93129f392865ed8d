/** Sums, means, extremes and products over axes; softmax, which is made of them. */
import type { Attributes } from "../../graph/operators.ts";
import type { TfTensor } from "./platform.ts";
import type { Forward, Forwards, Site } from "./site.ts";

type Reduction =
  "ReduceSum" | "ReduceMean" | "ReduceMax" | "ReduceMin" | "ReduceProd";

function reduction<Op extends Reduction>(
  kernelName: string,
  axesName = "axis",
): Forward<Op> {
  return (site) => {
    const { axes, keepDims } = site.attributes as Attributes<Reduction>;
    if (axes.length === 0) {
      const identity = site.kernel("Identity");
      return ([x]) => identity({ x });
    }
    const kernel = site.kernel(kernelName);
    return ([x]) => kernel({ x }, { [axesName]: [...axes], keepDims });
  };
}

/** x − max x, its exponentials and their sum along the axis: nothing overflows. */
function exponentials(site: Site<"Softmax"> | Site<"LogSoftmax">) {
  const [max, sub, exp, sum] = ["Max", "Sub", "Exp", "Sum"].map((name) =>
    site.kernel(name),
  );
  const axis = [site.attributes.axis];
  return (x: TfTensor) => {
    const largest = max({ x }, { reductionIndices: axis, keepDims: true });
    const shifted = sub({ a: x, b: largest });
    const powers = exp({ x: shifted });
    const total = sum({ x: powers }, { axis, keepDims: true });
    return { shifted, powers, total };
  };
}

export const reductions = {
  ReduceSum: reduction("Sum"),
  ReduceMean: reduction("Mean"),
  ReduceMax: reduction("Max", "reductionIndices"),
  ReduceMin: reduction("Min"),
  ReduceProd: reduction("Prod"),
  ArgMax: (site) => {
    const [argMax, reshape] = [site.kernel("ArgMax"), site.kernel("Reshape")];
    const { axis } = site.attributes;
    const [{ shape }] = site.outputs;
    return ([x]) => reshape({ x: argMax({ x }, { axis }) }, { shape });
  },
  Softmax: (site) => {
    const shift = exponentials(site);
    const divide = site.kernel("RealDiv");
    return ([x]) => {
      const { powers, total } = shift(x);
      return divide({ a: powers, b: total });
    };
  },
  LogSoftmax: (site) => {
    const shift = exponentials(site);
    const [log, sub] = [site.kernel("Log"), site.kernel("Sub")];
    return ([x]) => {
      const { shifted, total } = shift(x);
      return sub({ a: shifted, b: log({ x: total }) });
    };
  },
} satisfies Forwards;
