/**
 * Adds every model of a folder. One that is refused does not stop the others, and those that are there already are passed over, so that
 * the same command goes on where it was stopped.
 */
import { existsSync } from "node:fs";
import { relative } from "node:path";
import pLimit from "p-limit";
import { ControlPlaneError } from "../control-plane-error.ts";
import type { ApiClient } from "./api-client.ts";
import type { ApiDataset, ApiModel } from "./api-types.ts";
import { awaitModel, findCheck } from "./await-check.ts";
import { findModelFiles, isInside } from "./find-model-files.ts";
import type { Progress } from "./progress.ts";
import { isOnThisMachine } from "./register-dataset.ts";
import { registerModel } from "./register-model.ts";
import { digestFile, uploadFile } from "./upload-file.ts";

/** Files that are read, or sent, side by side. */
const concurrency = 4;

export interface FolderRequest {
  readonly folder: string;
  readonly dataset: ApiDataset;
  /** Their bytes even where the server is on this machine. */
  readonly upload?: boolean | undefined;
  /** Until each has been checked. */
  readonly wait: boolean;
}

interface FolderModel {
  /** Relative to the folder. */
  readonly path: string;
  readonly id: string;
  readonly name: string;
}

export interface FolderSummary {
  readonly registered: readonly FolderModel[];
  /** Those that were there already: the same bytes, held against the same data set. */
  readonly known: readonly FolderModel[];
  readonly refused: readonly {
    readonly path: string;
    readonly problem: string;
  }[];
  /** Folders and links that were not looked into. */
  readonly leftOut: readonly {
    readonly path: string;
    readonly problem: string;
  }[];
}

export interface FolderWatch {
  readonly signal: AbortSignal;
  /** Milliseconds, for durations only. */
  readonly now: () => number;
  /** A bar for each thing that is done to all of them. */
  readonly newProgress: () => Progress;
  /** Called once all are registered, before their checks are waited for. */
  readonly onRegistered?: (models: readonly ApiModel[]) => Promise<void>;
}

interface Registered {
  readonly path: string;
  readonly model: ApiModel;
}

/** @throws ControlPlaneError "invalid" where there is no model in the folder; whatever is not one model's fault */
export async function addFolder(
  client: ApiClient,
  { folder, dataset, upload, wait }: FolderRequest,
  { signal, now, newProgress, onRegistered }: FolderWatch,
): Promise<FolderSummary> {
  const { paths, leftOut } = await findModelFiles(folder);
  if (paths.length === 0)
    throw new ControlPlaneError(
      "invalid",
      `${folder}: there is no .onnx file in it. Check the path.`,
    );
  const shown = (path: string) => relative(folder, path);
  const refused: { path: string; problem: string }[] = [];
  let progress = newProgress();
  /** What is wrong with one of them does not stop the others. */
  const attempt = async <T>(path: string, work: () => Promise<T>) => {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      if (!isOfOneModel(error)) throw error;
      refused.push({ path: shown(path), problem: error.message });
      progress.line(`${shown(path)}: refused: ${error.message}`);
      return undefined;
    }
  };
  const forAll = async <T>(
    items: readonly T[],
    word: string,
    work: (item: T) => Promise<void>,
    sideBySide = concurrency,
  ) => {
    progress.finish();
    progress = newProgress();
    const limit = pLimit(sideBySide);
    let done = 0;
    try {
      await limit.map(items, async (item) => {
        await work(item);
        done++;
        progress.update(
          done / items.length,
          `${done} of ${items.length} ${word}`,
        );
      });
    } finally {
      limit.clearQueue();
    }
  };
  try {
    for (const { path, problem } of leftOut)
      progress.line(`${shown(path)}: left out: ${problem}`);

    const there = new Map(await listKnown(client, dataset));
    const isSent = upload === true || !isOnThisMachine(client);
    const files: { path: string; sha256: string }[] = [];
    await forAll(paths, isSent ? "sent" : "read", async (path) => {
      const sha256 = await attempt(path, async () => {
        await requireOwnManifest(path, folder);
        const digest = await digestFile(path);
        if (isSent && !there.has(digest)) await uploadFile(client, path);
        return digest;
      });
      if (sha256 !== undefined) files.push({ path, sha256 });
    });

    const registered: Registered[] = [];
    const known: Registered[] = [];
    // One by one and in order: which of two with one name is added must not depend on which is quicker.
    const add = async ({ path, sha256 }: { path: string; sha256: string }) => {
      const earlier = there.get(sha256);
      if (earlier) return void known.push({ path, model: earlier });
      const model = await attempt(path, () =>
        registerModel(client, { path, dataset, upload }),
      );
      if (!model) return;
      there.set(sha256, model);
      registered.push({ path, model });
    };
    await forAll(files.sort(byPath), "added", add, 1);
    const added = [...registered, ...known];
    await onRegistered?.(added.map(({ model }) => model));

    const good = new Set(added);
    const say = (line: string) => progress.line(line);
    if (wait)
      // One by one, in about the order in which they end; nodes check side by side.
      await forAll(
        added,
        "checked",
        async (one) => {
          const check = await attempt(one.path, () =>
            awaitModel(client, one.model, dataset, { signal, now, say }),
          );
          if (!check) good.delete(one);
        },
        1,
      );
    const viewsOf = (models: readonly Registered[]) =>
      models
        .filter((one) => good.has(one))
        .map(({ path, model: { id, name } }) => ({
          ...{ path: shown(path), id, name },
        }));
    return {
      registered: viewsOf(registered),
      known: viewsOf(known),
      refused: refused.sort(byPath),
      leftOut: leftOut.map(({ path, problem }) => ({
        ...{ path: shown(path), problem },
      })),
    };
  } finally {
    progress.finish();
  }
}

/** @example "212 registered, 3 refused, 5 were there already" */
export function summarize({
  registered,
  refused,
  known,
}: Pick<FolderSummary, "registered" | "refused" | "known">): string {
  const count = (list: readonly unknown[]) => list.length.toLocaleString("en");
  const were = known.length === 1 ? "was" : "were";
  return `${count(registered)} registered, ${count(refused)} refused, ${count(known)} ${were} there already`;
}

/** By digest, of those that the data set did not refuse. */
async function listKnown(
  client: ApiClient,
  dataset: ApiDataset,
): Promise<ReadonlyMap<string, ApiModel>> {
  const models = await client.get<readonly ApiModel[]>(
    `/api/datasets/${dataset.id}/models`,
  );
  return new Map(
    models
      .filter((model) => {
        const status = findCheck(model, dataset)?.status;
        return status === "READY" || status === "CHECKING";
      })
      .map((model) => [model.sha256, model]),
  );
}

/** A manifest that is a link to elsewhere would tell of files that are not in the folder. */
async function requireOwnManifest(path: string, folder: string) {
  const manifest = path.replace(/\.onnx$/i, ".json");
  if (!existsSync(manifest) || (await isInside(manifest, folder))) return;
  throw new ControlPlaneError(
    "invalid",
    `${manifest}: a link to outside of the folder is not followed.`,
  );
}

/** What is wrong with one of them; anything else is wrong with all. */
const isOfOneModel = (error: unknown): error is ControlPlaneError =>
  error instanceof ControlPlaneError &&
  ["invalid", "conflict", "too-large", "corrupt"].includes(error.code);

const byPath = (
  a: { readonly path: string },
  b: { readonly path: string },
): number => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0);
