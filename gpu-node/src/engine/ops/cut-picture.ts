import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { Value } from "../graph/graph.ts";

/** The first `height` rows and `width` columns of pictures [N, C, H, W]. */
export function cropPicture(
  g: GraphBuilder,
  picture: Value,
  height: number,
  width: number,
): Value {
  return cutPicture(g, picture, 0, 0, height, width);
}

/** `height` rows and `width` columns of pictures [N, C, H, W], from `top` and `left` on. */
export function cutPicture(
  g: GraphBuilder,
  picture: Value,
  top: number,
  left: number,
  height: number,
  width: number,
): Value {
  if (picture.shape[2] === height && picture.shape[3] === width) return picture;
  return g.add("Slice", [picture], {
    starts: [top, left],
    ends: [top + height, left + width],
    axes: [2, 3],
    steps: [1, 1],
  });
}
