/** Artifacts that results name, wire to plain. */
import type * as wire from "@motif/proto";
import type { ArtifactReference } from "../shards/shard-result.ts";
import { readInteger, readPresent, readSha256 } from "./wire-fields.ts";

/** @throws FieldViolation */
export function readArtifact(
  artifact: wire.Artifact | undefined,
  at: string,
): ArtifactReference {
  const { sha256, bytes } = readPresent(at, artifact);
  return {
    sha256: readSha256(`${at}.sha256`, sha256),
    bytes: readInteger(`${at}.bytes`, bytes, 0, Number.MAX_SAFE_INTEGER),
  };
}
