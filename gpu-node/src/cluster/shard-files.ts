/** From what a shard asks for to files on this machine: models and data sets out of the cache, or at a path that both see. */
import { createHash } from "node:crypto";
import { access, constants } from "node:fs/promises";
import { join } from "node:path";
import type { DatasetReference, ModelReference } from "@motif/proto";
import { MotifError } from "../motif-error.ts";
import type { DatasetFiles, ModelFiles } from "../shards/shard.ts";
import type { ArtifactCache, CachedArtifact } from "./artifact-cache.ts";
import type { LinkedFolders } from "./linked-folders.ts";

/** Files that stay in place until they are released. */
export interface Borrowed<Files> {
  readonly files: Files;
  release(): void;
}

export interface WantedAudit {
  readonly sha256: string;
  /** What errors call it. */
  readonly label: string;
}

export interface ShardFiles {
  /** @throws MotifError "model" when the control plane has not got it whole, "storage"; the signal's reason when aborted */
  model(
    reference: ModelReference,
    signal: AbortSignal,
  ): Promise<Borrowed<ModelFiles>>;
  /** @throws MotifError "dataset" when no node can have it, "storage" when this one cannot; the signal's reason when aborted */
  dataset(
    reference: DatasetReference,
    signal: AbortSignal,
  ): Promise<Borrowed<DatasetFiles>>;
  /** What an earlier attempt left. @returns null where it is not to be had: the shard then begins anew */
  checkpoint(
    sha256: string,
    signal: AbortSignal,
  ): Promise<Borrowed<string> | null>;
  /** What a worker left of a round. @throws MotifError "storage" where it is not to be had; the signal's reason when aborted */
  roundCheckpoint(
    sha256: string,
    signal: AbortSignal,
  ): Promise<Borrowed<string>>;
  /** What an audit left. @throws MotifError "usage" naming it where it is not to be had; the signal's reason when aborted */
  auditDocument(
    wanted: WantedAudit,
    signal: AbortSignal,
  ): Promise<Borrowed<string>>;
}

export function newShardFiles(
  cache: ArtifactCache,
  folders: LinkedFolders,
): ShardFiles {
  /** All or none; what was borrowed is given back where one fails. */
  const borrowAll = async (
    wanted: readonly { readonly name: string; readonly sha256: string }[],
    label: string,
    code: "model" | "dataset",
    signal: AbortSignal,
  ) => {
    const artifacts: CachedArtifact[] = [];
    const release = () => artifacts.forEach((artifact) => artifact.release());
    try {
      for (const { sha256 } of wanted)
        artifacts.push(await cache.acquire({ sha256, label, code }, signal));
    } catch (error) {
      release();
      throw error;
    }
    const links = artifacts.map(({ path }, at) => ({ ...wanted[at], path }));
    return { links, release };
  };
  const lay = async (
    key: string,
    { links, release }: Awaited<ReturnType<typeof borrowAll>>,
    texts: Readonly<Record<string, string>>,
  ) => {
    try {
      return await folders.make(key, links, texts);
    } catch (error) {
      release();
      throw error;
    }
  };

  return {
    async model({ sha256, manifestJson, name }, signal) {
      const borrowed = await borrowAll(
        [{ name: "model.onnx", sha256 }],
        `model "${name}"`,
        "model",
        signal,
      );
      const folder = await lay(keyOf("model", sha256, manifestJson), borrowed, {
        "model.json": manifestJson,
      });
      return {
        files: {
          path: join(folder, "model.onnx"),
          manifestPath: join(folder, "model.json"),
          name,
          sha256,
        },
        release: () => borrowed.release(),
      };
    },
    async dataset(reference, signal) {
      const { name, path, files } = reference;
      const facts = {
        name,
        split: reference.split || null,
        digest: reference.digest || null,
      };
      if (path !== "" && (await isReadable(path)))
        return { files: { ...facts, path }, release: () => undefined };
      if (files.length === 0)
        throw new MotifError(
          "storage",
          `data set "${name}": ${path} cannot be read on this node. Mount it there, or register the data set by its files.`,
        );
      checkNames(name, files);
      const borrowed = await borrowAll(
        files,
        `data set "${name}"`,
        "dataset",
        signal,
      );
      const content = files.flatMap((file) => [file.name, file.sha256]);
      const folder = await lay(keyOf("dataset", ...content), borrowed, {});
      // An archive or a single binary file is opened as itself.
      const [only, ...others] = files;
      return {
        files: {
          ...facts,
          path: others.length === 0 ? join(folder, only.name) : folder,
        },
        release: () => borrowed.release(),
      };
    },
    async checkpoint(sha256, signal) {
      if (sha256 === "") return null;
      try {
        const artifact = await cache.acquire(
          { sha256, label: "checkpoint", code: "storage" },
          signal,
        );
        return { files: artifact.path, release: () => artifact.release() };
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof MotifError) return null;
        throw error;
      }
    },
    async roundCheckpoint(sha256, signal) {
      const artifact = await cache.acquire(
        { sha256, label: "a round's checkpoint", code: "storage" },
        signal,
      );
      return { files: artifact.path, release: () => artifact.release() };
    },
    async auditDocument({ sha256, label }, signal) {
      const artifact = await cache.acquire(
        { sha256, label, code: "usage" },
        signal,
      );
      return { files: artifact.path, release: () => artifact.release() };
    },
  };
}

/** @throws MotifError "dataset": a name from elsewhere must not lead out of its folder */
function checkNames(dataset: string, files: DatasetReference["files"]): void {
  const seen = new Set<string>();
  for (const { name } of files) {
    const isPlain = /^[^./\\\0][^/\\\0]{0,254}$/.test(name);
    if (!isPlain || seen.has(name))
      throw new MotifError(
        "dataset",
        `data set "${dataset}": a file is called ${JSON.stringify(name)}. Plain names without folders, each once, are expected: register it again.`,
      );
    seen.add(name);
  }
}

async function isReadable(path: string): Promise<boolean> {
  try {
    await access(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

function keyOf(...parts: readonly string[]): string {
  return createHash("sha256")
    .update(JSON.stringify(parts))
    .digest("hex")
    .slice(0, 40);
}
