/** `motif nodes`: shows the compute nodes, lets one rest, and turns one away. */
import type { Command } from "commander";
import type { ApiClient } from "./api-client.ts";
import type { ApiNode } from "./api-types.ts";
import { findByPrefix } from "./find-job.ts";
import { clientOf, withClientFlags, type ClientFlags } from "./options.ts";
import { print } from "./print.ts";
import { formatTable, formatTime, shortId } from "./table.ts";

export function addNodesCommand(program: Command): void {
  const command = withClientFlags(program.command("nodes"))
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
  for (const { name, meaning, said } of drains)
    withClientFlags(command.command(`${name} <id>`))
      .description(`${meaning}; an id's beginning will do`)
      .action(async (text: string, _, change: Command) => {
        const flags = change.optsWithGlobals<ClientFlags>();
        const client = clientOf(flags);
        const node = await findNode(client, text);
        await client.fetch(`/api/nodes/${node.id}/${name}`, { method: "POST" });
        print(
          flags,
          { id: node.id, isDrained: name === "drain" },
          `Node ${node.name} (${shortId(node.id)}) ${said(shortId(node.id))}`,
        );
      });
  withClientFlags(command.command("revoke <id>"))
    .description("turn a node away; an id's beginning will do")
    // Its flags are those of `nodes` as well, which takes them first.
    .action((text: string, _, revoke: Command) =>
      revokeNode(text, revoke.optsWithGlobals<ClientFlags>()),
    );
}

const drains = [
  {
    name: "drain",
    meaning: "let a node finish what it holds and take nothing new",
    said: (id: string) =>
      `finishes what it holds and takes nothing new, until \`motif nodes undrain ${id}\`.`,
  },
  {
    name: "undrain",
    meaning: "let a drained node take work again",
    said: () => "takes work again.",
  },
] as const;

async function findNode(client: ApiClient, text: string): Promise<ApiNode> {
  const nodes = await client.get<readonly ApiNode[]>("/api/nodes");
  return findByPrefix(nodes, text, "node", "motif nodes");
}

async function revokeNode(text: string, flags: ClientFlags): Promise<void> {
  const client = clientOf(flags);
  const node = await findNode(client, text);
  await client.delete(`/api/nodes/${node.id}/credential`);
  print(
    flags,
    { id: node.id, isRevoked: true },
    `Node ${node.name} (${shortId(node.id)}) is turned away until it joins anew; what it worked at goes to others.`,
  );
}

/** @example "onnxruntime (cpu, 2 threads)" */
function describeBackend({ backend, provider, threads }: ApiNode): string {
  if (backend === null) return "–";
  const details = [provider, threads === null ? null : `${threads} threads`];
  return `${backend} (${details.filter((each) => each !== null).join(", ")})`;
}
