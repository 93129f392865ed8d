/** Where a pattern's files lie beside result.json; as gpu-node/src/report/images.ts names them. Pure. */

export interface PatternPaths {
  readonly mask: string;
  readonly canvas: string;
  readonly pattern: string;
  readonly heatmap: string;
}

export function pathsOf(
  targetClass: number,
  canvasIndex: number,
  seed: number,
): PatternPaths {
  const name = `class-${String(targetClass).padStart(4, "0")}-canvas-${canvasIndex}-seed-${seed}`;
  return {
    mask: `masks/${name}.npy`,
    canvas: `images/${name}-canvas.png`,
    pattern: `images/${name}-pattern.png`,
    heatmap: `images/${name}-heatmap.png`,
  };
}
