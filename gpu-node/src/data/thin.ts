/** Fewer images that stand for all: evenly spread over their order. */

/** At most `most` of `indices`, evenly spread, so that every class keeps its share. */
export function thin(indices: Int32Array, most: number): Int32Array {
  if (indices.length <= most) return indices;
  return Int32Array.from(
    { length: most },
    (_, i) => indices[Math.floor((i * indices.length) / most)],
  );
}
