/** Prisma's client, for all that is not hot, as the rest of the control plane sees it. */
export { Prisma, type PrismaClient } from "@motif/prisma";

/** Nest's name for the client. It works on the database's pool. */
export const PRISMA = Symbol("PrismaClient");
