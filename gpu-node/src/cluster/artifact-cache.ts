/**
 * Artifacts of control planes on this node's disk: models, data sets, checkpoints. Named by their SHA-256 and held against it
 * while they arrive and when an earlier process left them; bounded in bytes, the longest unused leave first, and nothing leaves
 * that a running shard uses.
 *
 *     SHA256          whole, its time of change is when it was last used
 *     SHA256.part     what has arrived of one; goes on from there
 */
import { createHash, type Hash } from "node:crypto";
import { createReadStream, type Stats } from "node:fs";
import {
  mkdir,
  open,
  readdir,
  rename,
  rm,
  stat,
  utimes,
} from "node:fs/promises";
import { join } from "node:path";
import { MotifError, type ErrorCode } from "../motif-error.ts";
import { isMissing, storageError } from "./durable-file.ts";

export interface WantedArtifact {
  readonly sha256: string;
  /** What errors call it, such as `model "resnet20"`. */
  readonly label: string;
  /** Code of the error when no node could have it, because the control plane has not or it is damaged there. */
  readonly code: ErrorCode;
}

/** Where artifacts come from. Both throw the signal's reason when aborted. */
export interface ArtifactSource {
  /** @throws MotifError of the wanted code when the control plane does not have the artifact whole */
  size(wanted: WantedArtifact, signal: AbortSignal): Promise<number>;
  /**
   * From `offset` to the end; may end early when a connection breaks, and is asked for the rest then.
   * @throws MotifError of the wanted code when the control plane refuses
   */
  read(
    wanted: WantedArtifact,
    offset: number,
    signal: AbortSignal,
  ): AsyncIterable<Uint8Array>;
}

/** An artifact that stays in place until it is released. */
export interface CachedArtifact {
  readonly path: string;
  release(): void;
}

export interface ArtifactCache {
  /**
   * @throws MotifError of the wanted code when it is not there, or its bytes have another digest twice; "storage" when there is
   * no room; the signal's reason when aborted
   */
  acquire(wanted: WantedArtifact, signal: AbortSignal): Promise<CachedArtifact>;
  bytes(): number;
}

interface Entry {
  bytes: number;
  lastUsed: number;
  users: number;
  /** Held against its digest by this process. */
  isVerified: boolean;
}

const wholeName = /^[0-9a-f]{64}$/;
/** Reads that bring nothing before a download is given up. */
const mostFruitless = 20;
/** A download that nobody has gone on with for a day is not waited for. */
const partsLastMs = 86_400_000;
const partName = /^[0-9a-f]{64}\.part$/;

/**
 * @param options.largestBytes of all artifacts together
 * @param options.now milliseconds since 1970
 * @param options.onEvicted told before an artifact leaves, so that links to it go first
 * @param options.onDamaged told when bytes did not have their digest
 * @throws MotifError "storage" when the folder cannot be used
 */
export async function openArtifactCache(
  directory: string,
  source: ArtifactSource,
  options: {
    readonly largestBytes: number;
    readonly now: () => number;
    readonly onEvicted: (sha256: string) => Promise<void>;
    readonly onDamaged: (sha256: string) => void;
  },
): Promise<ArtifactCache> {
  const { largestBytes, now, onEvicted, onDamaged } = options;
  const entries = new Map<string, Entry>();
  /** Bytes promised to downloads that are under way. */
  let reserved = 0;
  const arriving = new Map<string, Arrival>();

  const pathOf = (sha256: string) => join(directory, sha256);
  const partOf = (sha256: string) => join(directory, `${sha256}.part`);
  const storedBytes = () => {
    let sum = 0;
    for (const { bytes } of entries.values()) sum += bytes;
    return sum;
  };

  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    for (const name of await readdir(directory)) {
      const facts = await stat(join(directory, name));
      const isStale = now() - facts.mtimeMs > partsLastMs;
      if (wholeName.test(name)) entries.set(name, entryFrom(facts));
      else if (!partName.test(name) || isStale)
        await rm(join(directory, name), { recursive: true, force: true });
    }
  } catch (cause) {
    throw storageError(directory, "be used", cause);
  }

  const leaving = new Map<string, Promise<void>>();
  const evict = async (sha256: string) => {
    entries.delete(sha256);
    const left = onEvicted(sha256)
      .then(() => rm(pathOf(sha256), { force: true }))
      .finally(() => leaving.delete(sha256));
    leaving.set(sha256, left);
    await left;
  };
  /**
   * Makes room for what is reserved.
   * @throws MotifError "storage" when what is in use leaves none; then nothing was evicted
   */
  const makeRoom = async (bytes: number, { label }: WantedArtifact) => {
    let used = reserved;
    for (const entry of entries.values())
      if (entry.users > 0) used += entry.bytes;
    if (used > largestBytes)
      throw new MotifError(
        "storage",
        `${label} (${bytes} bytes) does not fit into the cache of ${largestBytes} bytes beside what is in use. ` +
          "Raise --cache-bytes, or run fewer --slots.",
      );
    const unused = [...entries]
      .filter(([, entry]) => entry.users === 0)
      .sort(([, a], [, b]) => a.lastUsed - b.lastUsed);
    for (const [oldest, entry] of unused) {
      if (storedBytes() + reserved <= largestBytes) break;
      if (entry.users === 0) await evict(oldest);
    }
  };

  const download = async (wanted: WantedArtifact, signal: AbortSignal) => {
    const { sha256, label, code } = wanted;
    await leaving.get(sha256);
    const bytes = await source.size(wanted, signal);
    reserved += bytes;
    try {
      await makeRoom(bytes, wanted);
      for (let attempt = 1; ; attempt++) {
        const digest = await receive(wanted, bytes, signal);
        if (digest === sha256) break;
        await rm(partOf(sha256), { force: true });
        onDamaged(sha256);
        if (attempt === 2) {
          throw new MotifError(
            code,
            `${label}: what the control plane sends of artifact ${sha256} has the digest ${digest}, twice. Its copy is damaged: register the file again.`,
          );
        }
      }
      await rename(partOf(sha256), pathOf(sha256));
      entries.set(sha256, {
        bytes,
        lastUsed: now(),
        users: 0,
        isVerified: true,
      });
    } finally {
      reserved -= bytes;
    }
  };

  /** Brings the part to its full size, over as many connections as it takes. @returns the digest of what is there then */
  const receive = async (
    wanted: WantedArtifact,
    bytes: number,
    signal: AbortSignal,
  ): Promise<string> => {
    const path = partOf(wanted.sha256);
    let fruitless = 0;
    const hash = createHash("sha256");
    try {
      let offset = await hashFile(path, hash);
      const file = await open(path, "a");
      try {
        while (offset < bytes) {
          const before = offset;
          for await (const chunk of source.read(wanted, offset, signal)) {
            hash.update(chunk);
            await file.appendFile(chunk);
            offset += chunk.byteLength;
            if (offset > bytes) return "of a longer file";
          }
          signal.throwIfAborted();
          fruitless = offset > before ? 0 : fruitless + 1;
          if (fruitless === mostFruitless)
            throw new MotifError(
              "storage",
              `${wanted.label}: connections for artifact ${wanted.sha256} broke ${fruitless} times without a byte. Look at the network.`,
            );
        }
        await file.sync();
      } finally {
        await file.close();
      }
    } catch (cause) {
      const isSystemError = cause instanceof Error && "syscall" in cause;
      throw isSystemError ? storageError(path, "be written", cause) : cause;
    }
    return hash.digest("hex");
  };

  /** Whether an earlier process's copy is still what it was; dropped where it is not. */
  const verify = async (sha256: string, entry: Entry): Promise<boolean> => {
    const hash = createHash("sha256");
    const bytes = await hashFile(pathOf(sha256), hash).catch(() => -1);
    entry.isVerified = bytes === entry.bytes && hash.digest("hex") === sha256;
    if (entry.isVerified) return true;
    onDamaged(sha256);
    await evict(sha256);
    return false;
  };

  const bring = async (wanted: WantedArtifact, signal: AbortSignal) => {
    const { sha256 } = wanted;
    const entry = entries.get(sha256);
    if (entry) {
      // What is being looked at is not evicted.
      entry.users++;
      try {
        if (entry.isVerified || (await verify(sha256, entry))) return;
      } finally {
        entry.users--;
      }
    }
    await download(wanted, signal);
  };

  return {
    async acquire(wanted, signal) {
      const { sha256, label, code } = wanted;
      if (!wholeName.test(sha256))
        throw new MotifError(
          code,
          `${label}: "${sha256}" is no SHA-256, there is no such artifact. Register the file again.`,
        );
      for (;;) {
        signal.throwIfAborted();
        const entry = entries.get(sha256);
        if (entry?.isVerified) {
          entry.users++;
          entry.lastUsed = now();
          const used = new Date(entry.lastUsed);
          await utimes(pathOf(sha256), used, used).catch(() => undefined);
          let isReleased = false;
          return {
            path: pathOf(sha256),
            release() {
              if (!isReleased) entry.users--;
              isReleased = true;
            },
          };
        }
        // Shards that want the same artifact wait for one download; it stops when none of them wants it any more.
        let arrival = arriving.get(sha256);
        if (arrival?.isAbandoned()) {
          await arrival.done.catch(() => undefined);
          continue;
        }
        if (!arrival) {
          arrival = newArrival((abandoned) =>
            bring(wanted, abandoned).finally(() => arriving.delete(sha256)),
          );
          arriving.set(sha256, arrival);
        }
        await arrival.wait(signal);
      }
    },
    bytes: storedBytes,
  };
}

function entryFrom(facts: Stats): Entry {
  const { size, mtimeMs } = facts;
  return { bytes: size, lastUsed: mtimeMs, users: 0, isVerified: false };
}

/** @returns bytes hashed, 0 where there is no such file */
async function hashFile(path: string, hash: Hash): Promise<number> {
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      bytes += chunk.byteLength;
    }
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  return bytes;
}

/** A download that several wait for. */
interface Arrival {
  readonly done: Promise<void>;
  /** Whether nobody waits any more: it is stopping. */
  isAbandoned(): boolean;
  /** @throws the signal's reason when it is aborted first */
  wait(signal: AbortSignal): Promise<void>;
}

function newArrival(work: (signal: AbortSignal) => Promise<void>): Arrival {
  const controller = new AbortController();
  const done = work(controller.signal);
  let waiting = 0;
  return {
    done,
    isAbandoned: () => controller.signal.aborted,
    async wait(signal) {
      waiting++;
      let leave: () => void = () => undefined;
      const left = new Promise<never>((_, reject) => {
        leave = () => reject(reasonOf(signal));
        signal.addEventListener("abort", leave, { once: true });
      });
      try {
        await Promise.race([done, left]);
      } finally {
        signal.removeEventListener("abort", leave);
        waiting--;
        if (waiting === 0) controller.abort();
      }
    },
  };
}

function reasonOf(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason : new Error(String(reason));
}
