/** `motif models export`: a collection of models as a table, a document or a page, held against the digest that the server states. */
import { createHash } from "node:crypto";
import { Option, type Command } from "commander";
import { ControlPlaneError } from "../control-plane-error.ts";
import { checkStatuses, reviewStatuses } from "./api-types.ts";
import { writeWhole } from "./download-file.ts";
import {
  clientOf,
  repeated,
  withClientFlags,
  type ClientFlags,
} from "./options.ts";
import { print } from "./print.ts";
import { runStoppable } from "./stoppable.ts";

interface ExportFlags extends ClientFlags {
  readonly format: string;
  readonly out: string;
  readonly tag?: readonly string[];
  readonly review?: string;
  readonly dataset?: string;
  readonly status?: string;
  readonly find?: string;
}

export function addModelsExportCommand(models: Command): void {
  withClientFlags(models.command("export"))
    .description("write what is known of all models, or of some, to a file")
    .requiredOption("--out <file>", "where to")
    .addOption(
      new Option("--format <name>", "a table, a document or a page")
        .choices(["csv", "json", "html"])
        .default("csv"),
    )
    .option("--tag <tag>", "only those that have it; several: all", repeated)
    .addOption(
      new Option("--review <status>", "only these").choices(reviewStatuses),
    )
    .addOption(
      new Option("--status <status>", "of their check: only these").choices(
        checkStatuses,
      ),
    )
    .option("--dataset <name>", "only those of this data set")
    .option("--find <words>", "only those with these in name or data set")
    .action((flags: ExportFlags) =>
      runStoppable(
        (signal) => exportModels(flags, signal),
        () => "Stopped; nothing was written.",
      ),
    );
}

/** @throws ControlPlaneError "corrupt" where what came has another digest than the server said; nothing is written then */
async function exportModels(
  flags: ExportFlags,
  signal: AbortSignal,
): Promise<void> {
  const { format, out, tag = [], review, status, dataset, find } = flags;
  const query = new URLSearchParams({
    format,
    ...(tag.length > 0 && { tag: tag.join(",") }),
    ...(review !== undefined && { review }),
    ...(status !== undefined && { status }),
    ...(dataset !== undefined && { dataset }),
    ...(find !== undefined && { q: find }),
  });
  const client = clientOf(flags, signal);
  const response = await client.fetch(`/api/models/export?${query}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const digest = createHash("sha256").update(bytes);
  const sha256 = digest.copy().digest("hex");
  const stated = response.headers.get("content-digest");
  if (stated !== `sha-256=:${digest.digest("base64")}:`)
    throw new ControlPlaneError(
      "corrupt",
      `${out}: what came has the SHA-256 ${sha256}, and the server states ${stated ?? "none"}. Nothing was written: export again, without what changes answers on the way.`,
    );
  await writeWhole(out, bytes);
  print(
    flags,
    { out, format, bytes: bytes.length, sha256 },
    `${out}: ${bytes.length.toLocaleString("en")} bytes, SHA-256 ${sha256}`,
  );
}
