/** `motif up`: a control plane with all that it needs, until it is stopped. */
import type { Command } from "commander";
import { parseSettings } from "../configuration/parse-settings.ts";

/** Milliseconds. */
const leaveWithinMs = 500;

export function addUpCommand(program: Command): void {
  program
    .command("up")
    .description("start a control plane: address, database, queue")
    .option("--host <address>", "for people; 127.0.0.1 by default")
    .option("--port <port>", "for people; 3000 by default, 0 for a free one")
    .option("--grpc-host <address>", "for compute nodes; as --host by default")
    .option("--grpc-port <port>", "for compute nodes; 3001 by default")
    .option(
      "--data-dir <folder>",
      "what it keeps; $MOTIF_DATA, else ~/.motif (root: /var/lib/motif)",
    )
    .option(
      "--database-url <url>",
      "a PostgreSQL ($MOTIF_DATABASE_URL) instead of the one in the data folder",
    )
    .option("--nodes <count>", "compute nodes to start beside it")
    .option(
      "--public-name <name>",
      "a name it is reached under beside loopback; may be repeated",
      (name: string, names: string[] | undefined) => [...(names ?? []), name],
    )
    .option("--largest-artifact <GiB>", "that is taken; 16 by default")
    .option("--log-level <level>", "debug, info, warn, error or silent")
    .option("--json", "when ready, print one line of JSON")
    .action(async (flags: unknown) => {
      try {
        const settings = parseSettings(flags, process.env);
        // Only now: the server takes a while to load, and this file is loaded for every command.
        const { serve } = await import("./serve.ts");
        await serve(settings);
      } finally {
        // Should anything still be open, it does not keep the process.
        setTimeout(() => process.exit(), leaveWithinMs).unref();
      }
    });
}
