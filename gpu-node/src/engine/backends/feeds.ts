/** What a caller feeds to an executable, checked the same way by every backend. */
import { MotifError } from "../../motif-error.ts";
import type { Value } from "../graph/graph.ts";
import { elementCount, formatType, type TensorData } from "../graph/tensor.ts";

/** @throws MotifError "backend" when there is no data for `input`, or not as much as its shape says */
export function readFeed(
  input: Value,
  feeds: Readonly<Record<string, TensorData>>,
): TensorData {
  const data = feeds[input.name];
  if (!data)
    throw new MotifError(
      "backend",
      `no data for input ${input.name} ${formatType(input)}`,
    );
  if (data.length !== elementCount(input.shape)) {
    throw new MotifError(
      "backend",
      `${data.length} values for input ${input.name} ${formatType(input)}`,
    );
  }
  return data;
}
