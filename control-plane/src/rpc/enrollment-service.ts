/** EnrollmentService.Join: a join token for a node's own credential. */
import type { EnrollmentServiceServer } from "@motif/proto";
import { joinNode } from "../auth/node-credentials.ts";
import type { Database } from "../database/database.ts";
import type { Log } from "./log.ts";
import { unary } from "./unary.ts";
import { readText, readUuid } from "./wire-fields.ts";

const longestName = 200;
const longestToken = 500;

export const newEnrollmentService = (
  database: Database,
  log: Log,
): EnrollmentServiceServer => ({
  join: unary(log, async (call) => {
    const { joinToken, nodeId, name } = call.request;
    const node = {
      nodeId: readUuid("node_id", nodeId),
      name: readText("name", name, longestName),
      address: call.getPeer(),
    };
    const credential = await joinNode(
      database,
      readText("join_token", joinToken, longestToken),
      node,
    );
    log.log(node, "node joined");
    return { credential };
  }),
});
