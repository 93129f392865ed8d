/** The face of the report: result.json and the page that shows it. */
import { join, resolve } from "node:path";
import { writeFileAtomically } from "./atomic-file.ts";
import { renderReport } from "./html/report-page.ts";
import type { Result } from "./result.ts";

/** Writes `directory`/result.json; the same result gives the same bytes. */
export async function writeResult(
  directory: string,
  result: Result,
): Promise<void> {
  await writeFileAtomically(
    join(directory, "result.json"),
    `${JSON.stringify(result, null, 2)}\n`,
  );
}

/**
 * Writes `directory`/index.html, complete in itself: the patterns of one model.
 * @returns its path
 * @throws MotifError "storage" if a picture is missing or the page cannot be written
 */
export async function writeReport(
  directory: string,
  result: Result,
): Promise<string> {
  const path = join(resolve(directory), "index.html");
  await writeFileAtomically(path, await renderReport(directory, result));
  return path;
}
