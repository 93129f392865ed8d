/**
 * Results that no control plane has acknowledged yet, on disk: they outlive a lost connection and the process itself.
 *
 *     results/NUMBER.results   what was written together: a `Results` message, removed once all of it is settled
 *     artifacts/SHA256         the files that these results name
 *
 * Results that finish while a write is under way are written together by the next one, so that hundreds of tiny shards a second
 * cost a few flushes and not hundreds.
 */
import { mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Results, type Result } from "@motif/proto";
import { storageError, writeDurably } from "./durable-file.ts";
import { artifactsOf } from "./result-artifacts.ts";

/** A file that a shard produced, where it lies now. */
export interface ProducedFile {
  readonly sha256: string;
  readonly path: string;
}

export interface ResultSpool {
  /**
   * Resolves once the result is on disk. `files` are moved into the spool.
   * @throws MotifError "storage" when it cannot be written; then nothing of it is kept
   */
  add(result: Result, files: readonly ProducedFile[]): Promise<void>;
  /** Results without a verdict, oldest first. */
  results(): readonly Result[];
  /** Where an artifact of a result lies. */
  artifactPath(sha256: string): string;
  /** The result has its verdict, or cannot be sent at all: it and the artifacts that only it names are removed. */
  settle(leaseId: string): Promise<void>;
  count(): number;
  bytes(): number;
  /** Resolves when nothing is being written or removed. */
  idle(): Promise<void>;
}

/** What was written together. */
interface Batch {
  readonly path: string;
  unsettled: number;
}

interface Entry {
  readonly result: Result;
  readonly batch: Batch;
  readonly bytes: number;
}

interface Addition {
  readonly result: Result;
  readonly files: readonly ProducedFile[];
  readonly written: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Opens the spool of a data folder and reads what an earlier process left.
 * @param onDamaged told the path of a file that cannot be read; it is set aside under another name
 * @throws MotifError "storage"
 */
export async function openResultSpool(
  directory: string,
  onDamaged: (path: string) => void,
): Promise<ResultSpool> {
  const resultsFolder = join(directory, "results");
  const artifactsFolder = join(directory, "artifacts");
  const entries = new Map<string, Entry>();
  /** How many results name an artifact. */
  const uses = new Map<string, number>();
  let spooledBytes = 0;
  let nextNumber = 0;

  const artifactPath = (sha256: string) => join(artifactsFolder, sha256);
  const hold = (result: Result, batch: Batch) => {
    const artifacts = artifactsOf(result.result);
    let bytes = Results.encode({ results: [result] }).finish().byteLength;
    for (const artifact of artifacts) {
      uses.set(artifact.sha256, (uses.get(artifact.sha256) ?? 0) + 1);
      bytes += artifact.bytes;
    }
    spooledBytes += bytes;
    entries.set(result.leaseId, { result, batch, bytes });
  };
  /** @returns the artifacts that nothing names any more */
  const letGo = (entry: Entry): readonly string[] => {
    entries.delete(entry.result.leaseId);
    spooledBytes -= entry.bytes;
    const unused: string[] = [];
    for (const { sha256 } of artifactsOf(entry.result.result)) {
      const left = (uses.get(sha256) ?? 1) - 1;
      if (left > 0) uses.set(sha256, left);
      else {
        uses.delete(sha256);
        unused.push(sha256);
      }
    }
    return unused;
  };

  const readLeftovers = async () => {
    await mkdir(resultsFolder, { recursive: true, mode: 0o700 });
    await mkdir(artifactsFolder, { recursive: true, mode: 0o700 });
    const names = (await readdir(resultsFolder)).filter((name) =>
      /^\d+\.results$/.test(name),
    );
    names.sort((a, b) => Number.parseInt(a) - Number.parseInt(b));
    for (const name of names) {
      const path = join(resultsFolder, name);
      nextNumber = Number.parseInt(name) + 1;
      let results;
      try {
        ({ results } = Results.decode(await readFile(path)));
      } catch {
        await rename(path, `${path}.damaged`);
        onDamaged(`${path}.damaged`);
        continue;
      }
      const batch = { path, unsettled: results.length };
      for (const result of results) hold(result, batch);
    }
    for (const name of await readdir(artifactsFolder))
      if (!uses.has(name)) await rm(artifactPath(name), { force: true });
  };
  await readLeftovers().catch((cause: unknown) => {
    throw storageError(directory, "be read", cause);
  });

  let additions: Addition[] = [];
  let settlements: string[] = [];
  let writing: Promise<void> | null = null;

  const undo = async (result: Result) => {
    const entry = entries.get(result.leaseId);
    for (const sha256 of entry ? letGo(entry) : [])
      await rm(artifactPath(sha256), { force: true }).catch(() => undefined);
  };
  const writeAdditions = async (added: readonly Addition[]) => {
    const path = join(resultsFolder, `${nextNumber++}.results`);
    const batch = { path, unsettled: 0 };
    const moved: Addition[] = [];
    for (const addition of added) {
      hold(addition.result, batch);
      try {
        for (const file of addition.files)
          await rename(file.path, artifactPath(file.sha256));
        moved.push(addition);
      } catch (cause) {
        await undo(addition.result);
        addition.failed(storageError(artifactsFolder, "be written", cause));
      }
    }
    batch.unsettled = moved.length;
    if (moved.length === 0) return;
    const results = moved.map(({ result }) => result);
    try {
      await writeDurably(path, Results.encode({ results }).finish(), 0o600);
      for (const { written } of moved) written();
    } catch (error) {
      for (const result of results) await undo(result);
      for (const { failed } of moved) failed(error);
    }
  };
  const removeSettled = async (leaseIds: readonly string[]) => {
    for (const leaseId of leaseIds) {
      const entry = entries.get(leaseId);
      if (!entry) continue;
      const unused = letGo(entry);
      entry.batch.unsettled--;
      // A file that stays is read again at the next start and settled again: no harm.
      if (entry.batch.unsettled === 0)
        await rm(entry.batch.path, { force: true }).catch(() => undefined);
      for (const sha256 of unused)
        await rm(artifactPath(sha256), { force: true }).catch(() => undefined);
    }
  };
  const writeAll = async () => {
    while (additions.length > 0 || settlements.length > 0) {
      const [settled, added] = [settlements, additions];
      [settlements, additions] = [[], []];
      await removeSettled(settled);
      if (added.length > 0) await writeAdditions(added);
    }
    writing = null;
  };
  const write = () => (writing ??= writeAll());

  return {
    add: (result, files) =>
      new Promise((written, failed) => {
        additions.push({ result, files, written, failed });
        void write();
      }),
    results: () => Array.from(entries.values(), ({ result }) => result),
    artifactPath,
    async settle(leaseId) {
      settlements.push(leaseId);
      await write();
    },
    count: () => entries.size,
    bytes: () => spooledBytes,
    async idle() {
      while (writing) await writing;
    },
  };
}

/** Whether an artifact of the spool is still there with the size that its result states. */
export async function isWhole(path: string, bytes: number): Promise<boolean> {
  try {
    return (await stat(path)).size === bytes;
  } catch {
    return false;
  }
}
