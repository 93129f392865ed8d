/** `motif report`: draws the pages of results that are in folders already, such as exported ones. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import type { Command } from "commander";
import { MotifError } from "../motif-error.ts";
import { describeFinding, findSmallest } from "../report/finding.ts";
import { auditIndexName, readAuditIndex } from "../report/audit-index.ts";
import {
  writeAuditOverview,
  writeAuditPage,
  writeComparison,
  writeReport,
} from "../report/index.ts";
import { parseResult } from "../report/result.ts";

interface ReportOptions {
  readonly out?: string;
  readonly json?: boolean;
}

export function addReportCommand(program: Command): void {
  program
    .command("report <folders...>")
    .description(
      "draw the pages of folders with a result.json or audits.json, and a page that compares several results",
    )
    .option(
      "--out <folder>",
      "where the page that compares 2 to 8 results goes",
    )
    .option("--json", "print the pages' paths and what stands out as JSON")
    .action(runReport);
}

async function runReport(
  folders: readonly string[],
  { out, json }: ReportOptions,
): Promise<void> {
  const [only] = folders;
  if (folders.length === 1 && existsSync(join(only, auditIndexName)))
    return drawAudits(resolve(only), json === true);
  if (folders.length > 1 && out === undefined)
    throw new MotifError(
      "usage",
      "several results are compared on a page of its own: say where it goes with --out.",
    );
  if (out !== undefined) checkFolders(folders, out);
  const entries = await Promise.all(folders.map(readEntry));
  const pages: string[] = [];
  for (const { directory, result } of entries)
    pages.push(await writeReport(directory, result));
  const report =
    out === undefined ? pages[0] : await writeComparison(out, entries);
  // What stands out is told of free canvases where both kinds were searched: they are the ones to find a backdoor with.
  const hasFree = entries.some(
    ({ result }) => result.model.canvasSource === "free",
  );
  const findings = entries
    .filter(({ result }) => !hasFree || result.model.canvasSource === "free")
    .filter(({ result }) => result.patterns.length > 0)
    .map(({ result }) => {
      const finding = findSmallest(result);
      return { ...finding, text: describeFinding(finding) };
    });
  process.stdout.write(
    json
      ? `${JSON.stringify({ report, pages, findings })}\n`
      : `${findings.map(({ text }) => text).join("\n")}\nReport: ${shorten(report)}\n`,
  );
}

async function drawAudits(directory: string, isJson: boolean): Promise<void> {
  const entries = await readAuditIndex(directory);
  const pages: string[] = [];
  for (const entry of entries)
    if ("audit" in entry) {
      const folder = join(directory, entry.folder);
      await writeAuditPage(folder, entry.audit);
      pages.push(join(folder, "index.html"));
    }
  const report = await writeAuditOverview(directory, entries);
  process.stdout.write(
    isJson
      ? `${JSON.stringify({ report, pages })}\n`
      : `Report: ${shorten(report)}\n`,
  );
}

/** @throws MotifError "usage" where pages would be lost, or there is nothing to compare */
function checkFolders(folders: readonly string[], out: string): void {
  const taken = new Set(folders.map((folder) => resolve(folder)));
  if (taken.size < folders.length)
    throw new MotifError("usage", "a folder is named twice. Name each once.");
  if (taken.has(resolve(out)))
    throw new MotifError(
      "usage",
      `--out ${out}: that folder holds a result whose own page would be lost. Name another folder.`,
    );
}

async function readEntry(folder: string) {
  const directory = resolve(folder);
  const path = join(directory, "result.json");
  if (!existsSync(path))
    throw new MotifError(
      "usage",
      `${folder}: there is no result.json, and no ${auditIndexName}. \`motif export\` and \`motif search --local\` make such folders.`,
    );
  return {
    directory,
    result: parseResult(await readFile(path, "utf8"), path),
  };
}

/** A path as short as it can be said from here. */
function shorten(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith("..") ? path : fromHere;
}
