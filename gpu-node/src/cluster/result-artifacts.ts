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
  const kind = result?.kind;
  switch (kind?.$case) {
    case "search": {
      const { patterns } = kind.value;
      for (const pattern of patterns)
        add(pattern.mask, "application/octet-stream");
      for (const { canvas, pattern, heatmap } of patterns)
        for (const picture of [canvas, pattern, heatmap])
          add(picture, "image/png");
      break;
    }
    case "inspectDataset":
      for (const sheet of kind.value.samples?.sheets ?? [])
        add(sheet, "image/png");
      break;
    case "train":
      add(kind.value.model, "application/octet-stream");
      break;
    case "trainRound":
      add(kind.value.checkpoint, "application/octet-stream");
      break;
    case "audit":
      add(kind.value.document, "application/json");
      break;
    case "compareAudits":
      for (const { document } of kind.value.changed)
        add(document, "application/json");
      break;
    case "checkModel":
    case "evaluate":
    case "noop":
    case undefined:
      break;
  }
  return [...found.values()];
}
