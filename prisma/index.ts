/** The database's client and row types, generated from schema.prisma. Only the control plane's database/ imports it. */
export * from "./generated/client.ts";
