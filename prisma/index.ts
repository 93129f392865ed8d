/** The database's client and row types, generated from schema.prisma, and its migrator. Only the control plane's database/ imports it. */
export * from "./generated/client.ts";
export { migrate, MigrationError } from "./migrate.ts";
export { newPrismaClient } from "./new-prisma-client.ts";
