/** Before other machines are let in, there must be something to tell them apart by. */
import { hasAdminToken } from "./auth/api-tokens.ts";
import type { Configuration } from "./configuration/configuration.ts";
import { ControlPlaneError } from "./control-plane-error.ts";
import type { Queryable } from "./database/database.ts";

/** @throws ControlPlaneError `unauthenticated` when no admin token could be used now; it says how to make one */
export async function requireAdminToken(
  database: { readonly pool: Queryable },
  { host, dataDirectory }: Pick<Configuration, "host" | "dataDirectory">,
): Promise<void> {
  if (await hasAdminToken(database.pool)) return;
  throw new ControlPlaneError(
    "unauthenticated",
    `On ${host} other machines could reach Motif, and there is no admin token to let people in by. Make one first, ` +
      `motif tokens create --name NAME --scope admin --data-dir ${dataDirectory} (with the same --database-url, if you give one), or listen on 127.0.0.1.`,
  );
}
