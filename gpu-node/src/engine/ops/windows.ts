/** Sliding windows over pictures: what convolutions and pools share. All of it works on one axis at a time. */
import { MotifError } from "../../motif-error.ts";

/** A window of `kernel` taps that slides along one axis. */
export interface WindowAxis {
  /** Elements of the input. */
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** Elements of padding before the input and after it. */
  readonly begin: number;
  readonly end: number;
}

interface WindowAttributes {
  readonly strides: readonly [number, number];
  readonly pads: readonly [number, number, number, number];
  readonly dilations: readonly [number, number];
}

/** The two axes, height and width, of windows over a picture. */
export function windowAxes(
  size: readonly [number, number],
  kernel: readonly [number, number],
  { strides, pads, dilations }: WindowAttributes,
): [WindowAxis, WindowAxis] {
  const axis = (index: 0 | 1): WindowAxis => ({
    size: size[index],
    kernel: kernel[index],
    stride: strides[index],
    dilation: dilations[index],
    begin: pads[index],
    end: pads[index + 2],
  });
  return [axis(0), axis(1)];
}

/** Elements that a window spans. */
export function windowSpan({ kernel, dilation }: WindowAxis): number {
  return dilation * (kernel - 1) + 1;
}

/**
 * Number of positions of the window.
 * @param ceilMode the last window may hang over the end, if it begins within the input or the padding before it
 * (PyTorch's rule, and ONNX's since opset 22)
 * @throws MotifError "graph" when there is none, or the attributes make no sense
 */
export function windowCount(axis: WindowAxis, ceilMode = false): number {
  const { size, stride, dilation, kernel, begin, end } = axis;
  if (
    ![stride, dilation, kernel].every(
      (value) => Number.isInteger(value) && value >= 1,
    )
  ) {
    throw new MotifError(
      "graph",
      `kernel ${kernel}, stride ${stride}, dilation ${dilation}: whole numbers from 1 are expected`,
    );
  }
  if (![begin, end].every((value) => Number.isInteger(value) && value >= 0)) {
    throw new MotifError(
      "graph",
      `pads ${begin} and ${end}: whole numbers from 0 are expected`,
    );
  }
  const room = size + begin + end - windowSpan(axis);
  if (room < 0) {
    throw new MotifError(
      "graph",
      `a window of ${windowSpan(axis)} does not fit into ${size} with pads ${begin} and ${end}`,
    );
  }
  const count =
    (ceilMode ? Math.ceil(room / stride) : Math.floor(room / stride)) + 1;
  return ceilMode && (count - 1) * stride >= size + begin ? count - 1 : count;
}

/**
 * Positions [first, past) of the window, of `count`, at which tap `tap` reads the input rather than padding.
 * At position o it reads element o·stride + offset.
 */
export function insidePositions(
  axis: WindowAxis,
  tap: number,
  count: number,
): { first: number; past: number; offset: number } {
  const offset = tap * axis.dilation - axis.begin;
  const first = Math.max(0, Math.ceil(-offset / axis.stride));
  const past = Math.min(
    count,
    Math.floor((axis.size - 1 - offset) / axis.stride) + 1,
  );
  return { first, past: Math.max(first, past), offset };
}
