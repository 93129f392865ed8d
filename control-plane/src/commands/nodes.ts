/** `motif nodes`: shows the compute nodes. */
import type { Command } from "commander";
import type { ApiNode } from "./api-types.ts";
import { clientOf, withClientFlags, type ClientFlags } from "./options.ts";
import { print } from "./print.ts";
import { formatTable, formatTime, shortId } from "./table.ts";

export function addNodesCommand(program: Command): void {
  withClientFlags(program.command("nodes"))
    .description("show the compute nodes")
    .action(async (flags: ClientFlags) => {
      const nodes = await clientOf(flags).get<readonly ApiNode[]>("/api/nodes");
      const rows = nodes.map((node) => [
        shortId(node.id),
        node.name,
        node.status,
        node.slots,
        describeBackend(node),
        formatTime(node.lastSeenAt),
      ]);
      print(
        flags,
        nodes,
        rows.length === 0
          ? "No compute node was here yet. `motif node --control-plane HOST:PORT` starts one."
          : formatTable(
              ["ID", "NODE", "STATUS", "SLOTS", "BACKEND", "LAST SEEN"],
              rows,
            ),
      );
    });
}

/** @example "onnxruntime (cpu, 2 threads)" */
function describeBackend({ backend, provider, threads }: ApiNode): string {
  if (backend === null) return "–";
  const details = [provider, threads === null ? null : `${threads} threads`];
  return `${backend} (${details.filter((each) => each !== null).join(", ")})`;
}
