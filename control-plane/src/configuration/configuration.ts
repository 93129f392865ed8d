/** What a control plane is started with. Parsed once (commands/up.ts), injected everywhere, read from nowhere else. */

export interface Configuration {
  /** UUID of this process: one control plane of possibly several on a database. */
  readonly replicaId: string;
  /** Absolute; holds the artifacts, the embedded PostgreSQL and the certificates. Replicas share it. */
  readonly dataDirectory: string;
  readonly databaseUrl: string;
  /** Address of REST, socket.io and the dashboard. */
  readonly host: string;
  readonly port: number;
  /** Address for compute nodes. */
  readonly grpcHost: string;
  readonly grpcPort: number;
  /** Names and addresses that people reach this one under, beside loopback; for Host, Origin and certificates. */
  readonly publicNames: readonly string[];
  /** Most bytes of an uploaded artifact. */
  readonly largestArtifactBytes: number;
  readonly logLevel: "debug" | "info" | "warn" | "error" | "silent";
  /**
   * For tests of faults (MOTIF_CRASH_AFTER_COMMIT): the process kills itself between the commit of its nth batch of results and
   * the answer to the nodes. Undefined: it does not.
   */
  readonly crashAfterCommit?: number | undefined;
}

/** Nest's name for the configuration. */
export const CONFIGURATION = Symbol("Configuration");

/** Whether only this machine can reach an address: then no credentials are asked, and Host and Origin are checked. */
export function isLoopback(host: string): boolean {
  return (
    host === "localhost" ||
    host === "::1" ||
    host === "[::1]" ||
    /^127(\.\d{1,3}){3}$/.test(host)
  );
}
