/**
 * Reads what `motif up` was given: flags, and MOTIF_DATA and MOTIF_DATABASE_URL where there are none. MOTIF_CRASH_AFTER_COMMIT is
 * for tests of faults (Configuration.crashAfterCommit).
 */
import { resolve } from "node:path";
import { z } from "zod";
import { ControlPlaneError } from "../control-plane-error.ts";
import { isLoopback } from "./configuration.ts";
import { defaultDataDirectory } from "./data-directory.ts";

const port = z.coerce
  .number("a port is a number")
  .int("a port is a whole number")
  .min(0, "a port is from 0 (any free one) to 65535")
  .max(65_535, "a port is from 0 (any free one) to 65535");

const flags = z
  .object({
    host: z.string().min(1).default("127.0.0.1"),
    port: port.default(3000),
    grpcHost: z.string().min(1).optional(),
    grpcPort: port.default(3001),
    dataDir: z.string().min(1, "name a folder").optional(),
    databaseUrl: z
      .string()
      .regex(
        /^postgres(ql)?:\/\//,
        "a database's address is postgresql://USER:PASSWORD@HOST:PORT/DATABASE",
      )
      .optional(),
    publicName: z.array(z.string().min(1)).default([]),
    nodes: z.coerce
      .number("a number of nodes is expected")
      .int("a whole number of nodes is expected")
      .min(0, "a number of nodes is from 0 to 64")
      .max(64, "a number of nodes is from 0 to 64")
      .default(0),
    largestArtifact: z.coerce
      .number("a number of GiB is expected")
      .positive("a number of GiB above 0 is expected")
      .default(16),
    logLevel: z
      .enum(
        ["debug", "info", "warn", "error", "silent"],
        "levels are debug, info, warn, error and silent",
      )
      .default("info"),
    json: z.boolean().default(false),
  })
  .strict();

const crashAfterCommit = z.coerce
  .number("a number of batches is expected")
  .int("a whole number of batches is expected")
  .min(1, "a number of batches from 1 is expected")
  .optional();

export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly grpcHost: string;
  readonly grpcPort: number;
  /** Absolute. */
  readonly dataDirectory: string;
  /** Undefined for the PostgreSQL in the data folder. */
  readonly databaseUrl: string | undefined;
  readonly publicNames: readonly string[];
  /** Compute nodes to start beside. */
  readonly nodes: number;
  readonly largestArtifactBytes: number;
  readonly logLevel: "debug" | "info" | "warn" | "error" | "silent";
  readonly json: boolean;
  readonly crashAfterCommit: number | undefined;
}

/** @throws ControlPlaneError `invalid`, naming the flag */
export function parseSettings(
  given: unknown,
  env: NodeJS.ProcessEnv,
): Settings {
  const parsed = flags.safeParse(given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new ControlPlaneError(
      "invalid",
      `--${toFlag(String(issue?.path[0] ?? ""))}: ${issue?.message ?? "it is not understood"}.`,
    );
  }
  const crash = crashAfterCommit.safeParse(
    env.MOTIF_CRASH_AFTER_COMMIT || undefined,
  );
  if (!crash.success)
    throw new ControlPlaneError(
      "invalid",
      `MOTIF_CRASH_AFTER_COMMIT: ${crash.error.issues[0]?.message ?? "it is not understood"}.`,
    );
  const { dataDir, publicName, largestArtifact, ...rest } = parsed.data;
  const grpcHost = rest.grpcHost ?? rest.host;
  if (rest.nodes > 0 && !isLoopback(grpcHost))
    throw new ControlPlaneError(
      "invalid",
      `--nodes starts nodes that dial in on loopback, and nodes' address is ${grpcHost}. Add --grpc-host 127.0.0.1, or start nodes with motif node --join-token.`,
    );
  return {
    ...rest,
    grpcHost,
    dataDirectory: resolve(
      dataDir ?? (env.MOTIF_DATA || defaultDataDirectory()),
    ),
    databaseUrl: rest.databaseUrl ?? (env.MOTIF_DATABASE_URL || undefined),
    publicNames: publicName,
    largestArtifactBytes: Math.floor(largestArtifact * 2 ** 30),
    crashAfterCommit: crash.data,
  };
}

/** `grpcPort` → `grpc-port`. */
function toFlag(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
