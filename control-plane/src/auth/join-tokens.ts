/**
 * Join tokens: with one, once, a node on another machine gets a credential of its own. The text also carries the fingerprint of
 * the control plane's certificate authority, so that a node knows whom it gives the token to. Only a hash of it is kept.
 */
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { recordChange } from "../audit-log/record-change.ts";
import { ControlPlaneError } from "../control-plane-error.ts";
import type { Database, Queryable } from "../database/database.ts";
import type { Caller } from "./caller.ts";

export const longestJoinTokenHours = 24 * 30;

/**
 * `<secret>.<fingerprint>`: 256 random bits in base64url under a prefix that lets people, and scanners of leaked secrets, see what
 * it is; SHA-256 in hexadecimal. The fingerprint is the node's to check: it may send the secret alone.
 */
const shape = /^(motif-join_[\w-]{43})(\.[0-9a-f]{64})?$/;

export interface JoinToken {
  /** Shown once. */
  readonly token: string;
  readonly expiresAt: string;
}

/**
 * @param fingerprint of the control plane's certificate authority
 * @throws ControlPlaneError "invalid" for a time that is none
 */
export async function createJoinToken(
  database: Database,
  hours: number,
  fingerprint: string,
  caller: Pick<Caller, "actor" | "address">,
): Promise<JoinToken> {
  if (!(hours > 0 && hours <= longestJoinTokenHours))
    throw new ControlPlaneError(
      "invalid",
      `hours: ${hours}; a join token lasts more than 0 and at most ${longestJoinTokenHours} hours.`,
    );
  const secret = `motif-join_${randomBytes(32).toString("base64url")}`;
  const id = randomUUID();
  const expiresAt = await database.transaction(async (client) => {
    const { rows } = await client.query<{ expires_at: Date }>(
      `INSERT INTO "join_token" ("id", "hash", "created_by", "expires_at")
       VALUES ($1, $2, $3, now() + make_interval(secs => $4)) RETURNING "expires_at"`,
      [id, hashOf(secret), caller.actor, hours * 3_600],
    );
    await recordChange(client, {
      actor: caller.actor,
      address: caller.address,
      action: "join-token.create",
      subject: id,
      details: { expiresAt: rows[0]!.expires_at },
    });
    return rows[0]!.expires_at.toISOString();
  });
  return { token: `${secret}.${fingerprint}`, expiresAt };
}

/**
 * Uses a token up, in the transaction in which its node gets a credential.
 * @returns the token's id
 * @throws ControlPlaneError "unauthenticated" for a token that is unknown, used or expired: which of these is not told
 */
export async function spendJoinToken(
  client: Queryable,
  token: string,
  nodeId: string,
): Promise<string> {
  const secret = shape.exec(token)?.[1];
  const { rows } =
    secret === undefined
      ? { rows: [] }
      : await client.query<{ id: string }>(
          `UPDATE "join_token" SET "used_at" = now(), "used_by" = $2
           WHERE "hash" = $1 AND "used_at" IS NULL AND "expires_at" > now() RETURNING "id"`,
          [hashOf(secret), nodeId],
        );
  if (rows[0] === undefined)
    throw new ControlPlaneError(
      "unauthenticated",
      "The join token is unknown, used or expired. A token serves one node, once: ask for a new one.",
    );
  return rows[0].id;
}

const hashOf = (secret: string): string =>
  createHash("sha256").update(secret).digest("hex");
