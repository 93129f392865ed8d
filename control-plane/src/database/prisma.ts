/** Prisma's client, for all that is not hot, as the rest of the control plane sees it. */
import { newPrismaClient, Prisma, type PrismaClient } from "@motif/prisma";
import type { Pool } from "pg";
import { ControlPlaneError } from "../control-plane-error.ts";

export { Prisma, type PrismaClient };

/** Nest's name for the client. It works on the database's pool. */
export const PRISMA = Symbol("PrismaClient");

/** A client whose lost connections are `unavailable`, as the pool's own are. */
export function newPrisma(pool: Pool): PrismaClient {
  const client = newPrismaClient(pool);
  return client.$extends({
    query: {
      async $allOperations({ args, query }) {
        try {
          return await (query(args) as Promise<unknown>);
        } catch (error) {
          throw isUnavailable(error)
            ? new ControlPlaneError(
                "unavailable",
                "The database cannot be reached now. Motif keeps trying; try again in a moment.",
                { cause: error },
              )
            : error;
        }
      },
    },
  }) as unknown as PrismaClient;
}

/** Prisma keeps the code of what the pool has thrown. */
function isUnavailable(error: unknown): boolean {
  return (
    error instanceof Prisma.PrismaClientKnownRequestError &&
    error.code === "unavailable"
  );
}
