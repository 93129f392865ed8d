/** `motif report`: from folders with a result.json to the pages that show them. */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { MotifError } from "../motif-error.ts";
import { writeComparison, writeReport } from "../report/index.ts";
import { parseResult, type Result } from "../report/result.ts";

const defaultComparison = "motif-comparison";

interface ReportOptions {
  readonly compare?: string;
  readonly json?: boolean;
}

export function addReportCommand(program: Command): void {
  program
    .command("report")
    .description(
      "write the page of each result, and of several the page that sets them side by side",
    )
    .argument("<folder...>", "folders with a result.json and its pictures")
    .option(
      "--compare <folder>",
      `where the page that compares them goes (default for several folders: ${defaultComparison})`,
    )
    .option("--json", "print where the pages are as JSON")
    .action(runReport);
}

async function runReport(
  folders: readonly string[],
  options: ReportOptions,
): Promise<void> {
  const isComparing = folders.length > 1 || options.compare !== undefined;
  const comparisonFolder = options.compare ?? defaultComparison;
  if (isComparing) checkFolders(folders, comparisonFolder);
  // All of them before the first page: a result that is damaged leaves nothing half done.
  const entries: { directory: string; result: Result }[] = [];
  for (const directory of folders)
    entries.push({ directory, result: await readResult(directory) });
  const reports: string[] = [];
  for (const { directory, result } of entries)
    reports.push(await writeReport(directory, result));
  const comparison = isComparing
    ? await writeComparison(comparisonFolder, entries)
    : null;
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ reports, comparison })}\n`);
    return;
  }
  for (const path of reports) process.stdout.write(`Report: ${path}\n`);
  if (comparison !== null) process.stdout.write(`Comparison: ${comparison}\n`);
}

/** @throws MotifError "usage" when a page would take the place of another, or a folder is named twice */
function checkFolders(folders: readonly string[], comparison: string): void {
  const taken = new Set<string>();
  for (const folder of folders) {
    const path = resolve(folder);
    if (taken.has(path))
      throw new MotifError("usage", `${folder}: it is named twice.`);
    taken.add(path);
  }
  if (taken.has(resolve(comparison)))
    throw new MotifError(
      "usage",
      `--compare ${comparison}: that folder holds a result whose own page would be lost. Name another folder.`,
    );
}

/** @throws MotifError "storage" naming the file and what is wrong with it */
async function readResult(folder: string): Promise<Result> {
  const path = join(folder, "result.json");
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new MotifError(
      "storage",
      `${path}: it cannot be read (${(cause as Error).message}). Name a folder that motif search or motif export has written.`,
      { cause },
    );
  }
  return parseResult(text, path);
}
