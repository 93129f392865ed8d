/**
 * Credentials of compute nodes: `motif-node.<node id>.<secret>`, given for a join token, sent with every call. Only a hash of the
 * secret is kept; it counts until it is revoked or the node joins anew.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { recordChange } from "../audit-log/record-change.ts";
import { ControlPlaneError } from "../control-plane-error.ts";
import type { Database, Queryable } from "../database/database.ts";
import type { Caller } from "./caller.ts";
import { spendJoinToken } from "./join-tokens.ts";

const shape = /^motif-node\.([0-9a-f-]{36})\.([\w-]{43})$/;

export interface JoiningNode {
  readonly nodeId: string;
  readonly name: string;
  readonly address: string;
}

/**
 * Trades a join token for a credential. A node that had one, even a revoked one, has the new one from now on.
 * @throws ControlPlaneError "unauthenticated"
 */
export async function joinNode(
  database: Database,
  token: string,
  { nodeId, name, address }: JoiningNode,
): Promise<string> {
  const secret = randomBytes(32).toString("base64url");
  await database.transaction(async (client) => {
    const tokenId = await spendJoinToken(client, token, nodeId);
    await client.query(
      `INSERT INTO "gpu_node" ("id", "name", "credential_hash") VALUES ($1, $2, $3)
       ON CONFLICT ("id") DO UPDATE SET "name" = EXCLUDED."name", "credential_hash" = EXCLUDED."credential_hash", "revoked_at" = NULL`,
      [nodeId, name, hashOf(secret).toString("hex")],
    );
    await recordChange(client, {
      actor: `join-token ${tokenId}`,
      address,
      action: "node.join",
      subject: nodeId,
      details: { name },
    });
  });
  return `motif-node.${nodeId}.${secret}`;
}

/**
 * @param authorization the header, `Bearer …`
 * @returns the node's id
 * @throws ControlPlaneError "unauthenticated"
 */
export async function verifyCredential(
  client: Queryable,
  authorization: string | undefined,
): Promise<string> {
  const match = shape.exec(
    /^Bearer (.+)$/i.exec(authorization ?? "")?.[1] ?? "",
  );
  if (match === null)
    throw new ControlPlaneError(
      "unauthenticated",
      "A node's credential was expected as `authorization: Bearer …`. Start the node with --join-token to get one.",
    );
  const [, nodeId, secret] = match;
  const { rows } = await client.query<{ hash: string | null }>(
    `SELECT "credential_hash" AS "hash" FROM "gpu_node" WHERE "id"::text = $1 AND "revoked_at" IS NULL`,
    [nodeId],
  );
  const hash = rows[0]?.hash;
  if (!hash || !timingSafeEqual(Buffer.from(hash, "hex"), hashOf(secret!)))
    throw new ControlPlaneError(
      "unauthenticated",
      "The node's credential is unknown or revoked. Start the node with a new --join-token.",
    );
  return nodeId!;
}

/**
 * From now on the node is refused; where it is connected it is told so with its next heartbeat.
 * @throws ControlPlaneError "not-found"
 */
export async function revokeCredential(
  database: Database,
  nodeId: string,
  caller: Pick<Caller, "actor" | "address">,
): Promise<void> {
  await database.transaction(async (client) => {
    const { rowCount } = await client.query(
      `UPDATE "gpu_node" SET "revoked_at" = now(), "credential_hash" = NULL WHERE "id" = $1`,
      [nodeId],
    );
    if (rowCount === 0) throw unknownNode(nodeId);
    await recordChange(client, {
      actor: caller.actor,
      address: caller.address,
      action: "node.revoke",
      subject: nodeId,
    });
  });
}

export const unknownNode = (id: string): ControlPlaneError =>
  new ControlPlaneError(
    "not-found",
    `There is no node ${id}. GET /api/nodes shows what there is.`,
  );

const hashOf = (secret: string): Buffer =>
  createHash("sha256").update(secret).digest();
