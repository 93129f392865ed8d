/** From a bearer token to who it stands for. */
import { timingSafeEqual } from "node:crypto";
import type { Queryable } from "../database/database.ts";
import { hashToken } from "./api-tokens.ts";
import { widestScope, type Caller } from "./caller.ts";

interface Row {
  readonly name: string;
  readonly hash: string;
  readonly scopes: readonly string[];
}

/**
 * Also notes that the token was used, at most once a minute.
 * @returns undefined for a token that is unknown, expired or withdrawn
 */
export async function verifyToken(
  client: Queryable,
  secret: string,
  address: string | null,
): Promise<Caller | undefined> {
  const hash = hashToken(secret);
  const { rows } = await client.query<Row>(
    `WITH used AS (
       UPDATE api_token SET last_used_at = now()
       WHERE hash = $1 AND revoked_at IS NULL AND expires_at > now()
         AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
     )
     SELECT name, hash, scopes FROM api_token
     WHERE hash = $1 AND revoked_at IS NULL AND expires_at > now()`,
    [hash.toString("hex")],
  );
  const [row] = rows;
  // The index has compared it already, but not in constant time.
  if (!row || !timingSafeEqual(Buffer.from(row.hash, "hex"), hash))
    return undefined;
  const scope = widestScope(row.scopes);
  return scope && { actor: row.name, address, scope };
}
