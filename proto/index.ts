/** The wire between control plane and compute nodes: messages, services and clients, generated from motif/v1. */
export * from "./generated/motif/v1/artifact.ts";
export * from "./generated/motif/v1/enrollment.ts";
export * from "./generated/motif/v1/node.ts";
export * from "./generated/motif/v1/shard.ts";
export * from "./generated/motif/v1/status.ts";

/** What `Hello.protocol_version` says; both sides refuse another. */
export const protocolVersion = 1;
