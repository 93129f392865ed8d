/** A result names its masks, pictures, sheets, models, checkpoints and documents by digest; they have to be there before it is written. */
import type { Queryable } from "../database/database.ts";
import type { Pattern, ShardResult } from "../shards/shard-result.ts";

/** @returns for each result the digest of an artifact that is not stored; undefined where all are */
export async function findMissingArtifacts(
  client: Queryable,
  results: readonly ShardResult[],
): Promise<readonly (string | undefined)[]> {
  const named = results.map(namedBy);
  const all = [...new Set(named.flat())];
  if (all.length === 0) return named.map(() => undefined);
  // Locked, so that nobody removes them before the pattern refers to them.
  const { rows } = await client.query<{ sha256: string }>(
    `SELECT sha256 FROM artifact WHERE sha256 = ANY($1::text[]) ORDER BY sha256 FOR KEY SHARE`,
    [all],
  );
  const stored = new Set(rows.map(({ sha256 }) => sha256));
  return named.map((digests) => digests.find((digest) => !stored.has(digest)));
}

function namedBy(result: ShardResult): readonly string[] {
  if (result.kind === "search") return result.patterns.flatMap(artifactsOf);
  if (result.kind === "inspect-dataset") return result.samples?.sheets ?? [];
  if (result.kind === "train") return [result.model.sha256];
  if (result.kind === "audit") return [result.document.sha256];
  if (result.kind === "compare-audits")
    return result.changed.map(({ document }) => document.sha256);
  if (result.kind === "train-round") return [result.checkpoint.sha256];
  return [];
}

const artifactsOf = ({
  mask,
  canvas,
  pattern,
  heatmap,
}: Pattern): readonly string[] => [
  mask.sha256,
  canvas.sha256,
  pattern.sha256,
  heatmap.sha256,
];
