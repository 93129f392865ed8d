/**
 * A job's result as a folder: the layout that a local search leaves. Files first, result.json last, so that a folder with a
 * result.json is whole; files that are there with the right digest are not fetched again.
 */
import { isAbsolute, join, normalize, sep } from "node:path";
import { ControlPlaneError } from "../control-plane-error.ts";
import type { ApiClient } from "./api-client.ts";
import type { ApiFile, ApiResult } from "./api-types.ts";
import { downloadFile, writeWhole } from "./download-file.ts";

/** Files that are fetched side by side. */
const concurrency = 8;

export interface ExportSummary {
  readonly patterns: number;
  readonly files: number;
  /** Of them, those that were not there yet. */
  readonly fetched: number;
}

/**
 * @param onFile told how many files are there
 * @throws ControlPlaneError what the server refuses with; "corrupt", "storage-full"
 */
export async function exportResult(
  client: ApiClient,
  jobId: string,
  directory: string,
  onFile: (done: number, total: number) => void = () => {},
): Promise<ExportSummary> {
  const { result, files } = await client.get<ApiResult>(
    `/api/jobs/${jobId}/result`,
  );
  for (const { path } of files) requireInside(path);
  let [done, fetched] = [0, 0];
  const waiting = files.values();
  const work = async () => {
    for (const { path, sha256 } of waiting) {
      if (await downloadFile(client, sha256, join(directory, path))) fetched++;
      onFile(++done, files.length);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  await writeWhole(
    join(directory, "result.json"),
    `${JSON.stringify(result, null, 2)}\n`,
  );
  return { patterns: result.patterns.length, files: files.length, fetched };
}

/** A server cannot write elsewhere. */
function requireInside(path: ApiFile["path"]): void {
  const plain = normalize(path);
  if (isAbsolute(plain) || plain === ".." || plain.startsWith(`..${sep}`))
    throw new ControlPlaneError(
      "corrupt",
      `the server names a file outside the result's folder (${path}). Nothing was written.`,
    );
}
