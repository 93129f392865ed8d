/** The face of the report: result.json and the pages that show it. */
import { join, resolve } from "node:path";
import { writeFileAtomically } from "./atomic-file.ts";
import type { ModelAudit } from "./audit.ts";
import { writeAuditIndex } from "./audit-index.ts";
import { compareResults, type ComparisonEntry } from "./comparison.ts";
import {
  renderAuditOverview,
  type OverviewEntry,
} from "./html/audit-overview.ts";
import { renderAudit } from "./html/audit-page.ts";
import { renderComparison } from "./html/comparison-page.ts";
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

/**
 * Writes `directory`/index.html: 2 to 8 results side by side, with links to each one's own page.
 * @returns its path
 * @throws MotifError "usage" unless the results are of the same classes; "storage" as `writeReport`
 */
export async function writeComparison(
  directory: string,
  entries: readonly ComparisonEntry[],
): Promise<string> {
  const folder = resolve(directory);
  const absolute = entries.map((entry) => ({
    ...entry,
    directory: resolve(entry.directory),
  }));
  const path = join(folder, "index.html");
  await writeFileAtomically(
    path,
    await renderComparison(folder, compareResults(absolute)),
  );
  return path;
}

/**
 * Writes `directory`/index.html, complete in itself: the audit of one model.
 * @throws MotifError "storage" when it cannot be written
 */
export async function writeAuditPage(
  directory: string,
  audit: ModelAudit,
): Promise<void> {
  await writeFileAtomically(join(directory, "index.html"), renderAudit(audit));
}

/**
 * Writes `directory`/audits.json and index.html: the audits of a collection, with links to each one's own page.
 * @returns its path
 * @throws MotifError "storage" when it cannot be written
 */
export async function writeAuditOverview(
  directory: string,
  entries: readonly OverviewEntry[],
): Promise<string> {
  const path = join(resolve(directory), "index.html");
  await writeAuditIndex(directory, entries);
  await writeFileAtomically(path, renderAuditOverview(entries));
  return path;
}
