/** `motif audit-log`: shows who changed what, newest first. */
import type { Command } from "commander";
import type { ApiAuditEntry } from "./api-types.ts";
import {
  clientOf,
  wholeNumber,
  withClientFlags,
  type ClientFlags,
} from "./options.ts";
import { print } from "./print.ts";
import { formatTable, formatTime } from "./table.ts";

interface AuditFlags extends ClientFlags {
  readonly limit: number;
  readonly before?: number;
}

export function addAuditLogCommand(program: Command): void {
  withClientFlags(program.command("audit-log"))
    .description("show who changed what, newest first")
    .option("--limit <n>", "how many", wholeNumber(1, 1000), 20)
    .option("--before <n>", "only entries of smaller numbers", wholeNumber(1))
    .action(async (flags: AuditFlags) => {
      const before =
        flags.before === undefined ? "" : `&before=${flags.before}`;
      const entries = await clientOf(flags).get<readonly ApiAuditEntry[]>(
        `/api/audit?limit=${flags.limit}${before}`,
      );
      const rows = entries.map((entry) => [
        Number(entry.id),
        formatTime(entry.at),
        entry.actor,
        entry.address ?? "–",
        entry.action,
        entry.subject,
      ]);
      print(
        flags,
        entries,
        rows.length === 0
          ? "Nothing was changed yet."
          : formatTable(
              ["NUMBER", "TIME", "WHO", "FROM", "WHAT", "SUBJECT"],
              rows,
            ),
      );
    });
}
