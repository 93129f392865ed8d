/**
 * API tokens: made, listed, withdrawn. The secret is 256 random bits, shown once; the database has its SHA-256 only, which is
 * enough for a secret that nobody can guess.
 */
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { recordChange } from "../audit-log/record-change.ts";
import { ControlPlaneError } from "../control-plane-error.ts";
import type { Database, Queryable } from "../database/database.ts";
import { scopes, type Caller, type Scope } from "./caller.ts";

/** Lets people, and scanners of leaked secrets, see what it is. */
const prefix = "motif_";
/** A token lasts ten years at most. */
export const longestTokenDays = 3_650;

export interface NewToken {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** From now, in days: above 0, at most `longestTokenDays`. */
  readonly days: number;
}

export interface TokenFacts {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: string;
  readonly createdBy: string;
  readonly expiresAt: string;
  readonly lastUsedAt: string | null;
  readonly revokedAt: string | null;
}

interface Row {
  readonly id: string;
  readonly name: string;
  readonly scopes: Scope[];
  readonly created_at: Date;
  readonly created_by: string;
  readonly expires_at: Date;
  readonly last_used_at: Date | null;
  readonly revoked_at: Date | null;
}

const columns =
  "id, name, scopes, created_at, created_by, expires_at, last_used_at, revoked_at";

export const hashToken = (secret: string): Buffer =>
  createHash("sha256").update(secret).digest();

/**
 * @returns the token's secret, which is never to be had again, and what is kept of it
 * @throws ControlPlaneError "invalid"
 */
export async function createToken(
  database: Database,
  { name, scopes: wanted, days }: NewToken,
  by: Pick<Caller, "actor" | "address">,
): Promise<{ readonly secret: string; readonly token: TokenFacts }> {
  if (!(days > 0 && days <= longestTokenDays))
    throw new ControlPlaneError(
      "invalid",
      `days: ${days}; a token lasts more than 0 and at most ${longestTokenDays} days.`,
    );
  const ordered = scopes.filter((scope) => wanted.includes(scope));
  if (ordered.length === 0)
    throw new ControlPlaneError(
      "invalid",
      `scopes: name at least one of ${scopes.join(", ")}.`,
    );
  const secret = `${prefix}${randomBytes(32).toString("base64url")}`;
  const token = await database.transaction(async (client) => {
    const { rows } = await client.query<Row>(
      `INSERT INTO api_token (id, name, hash, scopes, created_by, expires_at)
       VALUES ($1, $2, $3, $4, $5, now() + make_interval(secs => $6))
       RETURNING ${columns}`,
      [
        randomUUID(),
        name,
        hashToken(secret).toString("hex"),
        ordered,
        by.actor,
        days * 86_400,
      ],
    );
    const facts = factsOf(rows[0]!);
    await recordChange(client, {
      ...by,
      action: "token.create",
      subject: facts.id,
      details: { name, scopes: ordered, expiresAt: facts.expiresAt },
    });
    return facts;
  });
  return { secret, token };
}

/** All of them, newest first; there are never many. */
export async function listTokens(
  client: Queryable,
): Promise<readonly TokenFacts[]> {
  const { rows } = await client.query<Row>(
    `SELECT ${columns} FROM api_token ORDER BY created_at DESC, id LIMIT 10000`,
  );
  return rows.map(factsOf);
}

/** From now on the token opens nothing. Doing it twice is doing it once. @throws ControlPlaneError "not-found" */
export async function revokeToken(
  database: Database,
  id: string,
  by: Caller,
): Promise<void> {
  await database.transaction(async (client) => {
    const { rows } = await client.query<{ name: string; already: boolean }>(
      `UPDATE api_token AS token SET revoked_at = coalesce(token.revoked_at, now())
       FROM (SELECT id, revoked_at FROM api_token WHERE id = $1 FOR UPDATE) AS before
       WHERE token.id = before.id
       RETURNING token.name, before.revoked_at IS NOT NULL AS already`,
      [id],
    );
    const [revoked] = rows;
    if (!revoked)
      throw new ControlPlaneError(
        "not-found",
        `There is no token ${id}. GET /api/tokens shows what there is.`,
      );
    if (revoked.already) return;
    const { actor, address } = by;
    await recordChange(client, {
      actor,
      address,
      action: "token.revoke",
      subject: id,
      details: { name: revoked.name },
    });
  });
}

/** Whether somebody can administer this control plane from elsewhere: without, `motif up` does not leave loopback. */
export async function hasAdminToken(client: Queryable): Promise<boolean> {
  const { rowCount } = await client.query(
    `SELECT 1 FROM api_token
     WHERE 'admin' = ANY (scopes) AND revoked_at IS NULL AND expires_at > now()
     LIMIT 1`,
  );
  return rowCount === 1;
}

const factsOf = (row: Row): TokenFacts => ({
  id: row.id,
  name: row.name,
  scopes: row.scopes,
  createdAt: row.created_at.toISOString(),
  createdBy: row.created_by,
  expiresAt: row.expires_at.toISOString(),
  lastUsedAt: row.last_used_at?.toISOString() ?? null,
  revokedAt: row.revoked_at?.toISOString() ?? null,
});
