/** Which artifacts a result names: a control plane stores the result only once it has them. */
import type { Artifact, ShardResult } from "@motif/proto";

export interface ResultArtifact {
  readonly sha256: string;
  readonly bytes: number;
  readonly mediaType: string;
}

/** @returns each once, masks first */
export function artifactsOf(
  result: ShardResult | undefined,
): readonly ResultArtifact[] {
  const found = new Map<string, ResultArtifact>();
  const add = (artifact: Artifact | undefined, mediaType: string) => {
    if (artifact) found.set(artifact.sha256, { ...artifact, mediaType });
  };
  if (result?.kind?.$case === "search") {
    const { patterns } = result.kind.value;
    for (const pattern of patterns)
      add(pattern.mask, "application/octet-stream");
    for (const { canvas, pattern, heatmap } of patterns)
      for (const picture of [canvas, pattern, heatmap])
        add(picture, "image/png");
  } else if (result?.kind?.$case === "inspectDataset")
    for (const sheet of result.kind.value.samples?.sheets ?? [])
      add(sheet, "image/png");
  else if (result?.kind?.$case === "train")
    add(result.kind.value.model, "application/octet-stream");
  else if (result?.kind?.$case === "trainRound")
    add(result.kind.value.checkpoint, "application/octet-stream");
  return [...found.values()];
}
