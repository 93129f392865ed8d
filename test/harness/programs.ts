/**
 * Motif's programs, without the launcher before them: its process is not the one that works, so killing it would kill nothing.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The Node that is installed with Motif. */
export const node = join(root, "node_modules/.bin/node");
export const controlPlane = join(root, "control-plane/dist/commands/main.js");
/** The flags of Node that the launcher starts it with. */
export const controlPlaneFlags = (
  JSON.parse(readFileSync(join(root, "infra/node-flags.json"), "utf8")) as {
    controlPlane: string[];
  }
).controlPlane;
export const gpuNode = join(root, "gpu-node/src/commands/main.ts");
