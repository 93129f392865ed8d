/**
 * Who a node is: an id for as long as its data folder lives, held by one process at a time.
 *
 * The lock is a file that names its process. A process that was killed leaves it behind; then the process it names is gone, or
 * (the number was given out again, as in every restarted container) began at another time.
 */
import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { MotifError } from "../motif-error.ts";
import { isMissing, storageError, writeDurably } from "./durable-file.ts";

export interface NodeIdentity {
  readonly nodeId: string;
  /** Lets another process have the folder. */
  release(): Promise<void>;
}

const storedIdentity = z.object({ nodeId: z.uuid() });
const storedLock = z.object({
  pid: z.number().int(),
  began: z.string(),
});

/** @throws MotifError "storage" when another process holds the folder, or it cannot be used */
export async function takeNodeIdentity(
  dataDirectory: string,
): Promise<NodeIdentity> {
  await mkdir(dataDirectory, { recursive: true, mode: 0o700 }).catch(
    (cause: unknown) => {
      throw storageError(dataDirectory, "be made", cause);
    },
  );
  const lockPath = join(dataDirectory, "node.lock");
  await lock(dataDirectory, lockPath);
  const release = () => rm(lockPath, { force: true });
  try {
    return { nodeId: await readOrMakeId(dataDirectory), release };
  } catch (error) {
    await release();
    throw error;
  }
}

async function lock(dataDirectory: string, path: string): Promise<void> {
  const own = { pid: process.pid, began: await beginningOf(process.pid) };
  // A stale lock is removed once; a second one is another process that was faster.
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const file = await open(path, "wx", 0o600);
      try {
        await file.writeFile(JSON.stringify(own));
      } finally {
        await file.close();
      }
      return;
    } catch (cause) {
      const isTaken =
        cause instanceof Error && "code" in cause && cause.code === "EEXIST";
      if (!isTaken) throw storageError(path, "be written", cause);
    }
    const holder = await readLock(path);
    if (holder !== null && (await isRunning(holder))) break;
    await rm(path, { force: true });
  }
  throw new MotifError(
    "storage",
    `${dataDirectory}: another node runs on this folder. Stop it, or give this one a folder of its own with --data-dir.`,
  );
}

/** @returns null where there is none, or it was cut off while being written */
async function readLock(
  path: string,
): Promise<z.infer<typeof storedLock> | null> {
  try {
    return storedLock.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    return null;
  }
}

async function isRunning(holder: {
  readonly pid: number;
  readonly began: string;
}): Promise<boolean> {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    // EPERM: it runs, as somebody else's.
    if (!(error instanceof Error && "code" in error && error.code === "EPERM"))
      return false;
  }
  return (await beginningOf(holder.pid)) === holder.began;
}

/** When a process began, as Linux tells it (proc(5), /proc/pid/stat, field 22); empty on other systems. */
async function beginningOf(pid: number): Promise<string> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    // The second field is a name in parentheses and may hold anything.
    const [, ...fields] = stat.slice(stat.lastIndexOf(")")).split(" ");
    return fields[19] ?? "";
  } catch {
    return "";
  }
}

async function readOrMakeId(dataDirectory: string): Promise<string> {
  const path = join(dataDirectory, "node.json");
  let text;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    if (!isMissing(cause)) throw storageError(path, "be read", cause);
    const nodeId = randomUUID();
    await writeDurably(path, `${JSON.stringify({ nodeId })}\n`);
    return nodeId;
  }
  try {
    return storedIdentity.parse(JSON.parse(text)).nodeId;
  } catch (cause) {
    throw new MotifError(
      "storage",
      `${path}: it holds no node id. Delete the file, and the node gets a new one.`,
      { cause },
    );
  }
}
