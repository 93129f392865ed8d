/** The artifacts' rows: a row says that the bytes are there, whole. */
import type { Database } from "../database/database.ts";

export interface ArtifactRow {
  readonly sha256: string;
  readonly bytes: number;
  readonly mediaType: string;
  readonly externalPath: string | null;
}

export async function readArtifactRows(
  database: Database,
  sha256s: readonly string[],
): Promise<ReadonlyMap<string, ArtifactRow>> {
  if (sha256s.length === 0) return new Map();
  const { rows } = await database.pool.query<{
    sha256: string;
    bytes: string;
    media_type: string;
    external_path: string | null;
  }>(
    `SELECT "sha256", "bytes", "media_type", "external_path" FROM "artifact" WHERE "sha256" = ANY($1)`,
    [sha256s],
  );
  return new Map(
    rows.map((row) => [
      row.sha256,
      {
        sha256: row.sha256,
        bytes: Number(row.bytes),
        mediaType: row.media_type,
        externalPath: row.external_path,
      },
    ]),
  );
}

/** Writes an artifact's row. The store's own copy replaces an external file, an external file only another external one. */
export async function writeArtifactRow(
  database: Database,
  row: ArtifactRow,
): Promise<void> {
  await database.pool.query(
    `INSERT INTO "artifact" ("sha256", "bytes", "media_type", "external_path") VALUES ($1, $2, $3, $4)
     ON CONFLICT ("sha256") DO UPDATE SET "external_path" = EXCLUDED."external_path"
     WHERE "artifact"."external_path" IS NOT NULL`,
    [row.sha256, row.bytes, row.mediaType, row.externalPath],
  );
}
