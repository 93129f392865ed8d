import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { DatasetReference } from "@motif/proto";
import { afterEach, beforeEach, expect, it } from "vitest";
import { MotifError } from "../motif-error.ts";
import { openArtifactCache } from "./artifact-cache.ts";
import { sha256 } from "./check-control-plane.ts";
import { openLinkedFolders } from "./linked-folders.ts";
import { newShardFiles, type ShardFiles } from "./shard-files.ts";

const never = new AbortController().signal;
const texts = ["images", "labels", "onnx", "others"];
let directory: string;
let files: ShardFiles;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "motif-files-"));
  const stored = new Map(
    texts.map((text) => [sha256(Buffer.from(text)), Buffer.from(text)]),
  );
  const folders = await openLinkedFolders(join(directory, "linked"));
  const cache = await openArtifactCache(
    join(directory, "cache"),
    {
      async size(wanted) {
        const bytes = stored.get(wanted.sha256);
        if (!bytes) throw new MotifError(wanted.code, "not there");
        return bytes.length;
      },
      async *read(wanted, offset) {
        yield stored.get(wanted.sha256)!.subarray(offset);
      },
    },
    {
      largestBytes: 14,
      now: () => Date.now(),
      onEvicted: (digest) => folders.removeWith(digest),
      onDamaged: () => undefined,
    },
  );
  files = newShardFiles(cache, folders);
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const file = (name: string, text: string) => ({
  name,
  sha256: sha256(Buffer.from(text)),
  bytes: text.length,
});
const dataset = (over: Partial<DatasetReference>): DatasetReference => ({
  name: "fashion",
  split: "",
  digest: "",
  path: "",
  files: [],
  ...over,
});

it("lays out a data set's files under their names", async () => {
  const reference = dataset({
    split: "test",
    digest: "d",
    files: [file("a-images.gz", "images"), file("a-labels.gz", "labels")],
  });
  const { files: laid } = await files.dataset(reference, never);
  expect(laid).toMatchObject({ name: "fashion", split: "test", digest: "d" });
  expect((await readdir(laid.path)).sort()).toEqual([
    "a-images.gz",
    "a-labels.gz",
  ]);
  expect(await readFile(join(laid.path, "a-labels.gz"), "utf8")).toBe("labels");
  const again = await files.dataset(reference, never);
  expect(again.files.path).toBe(laid.path);
});

it("a data set of one file is that file", async () => {
  const { files: laid } = await files.dataset(
    dataset({ files: [file("pictures.tar.gz", "images")] }),
    never,
  );
  expect(laid.path).toMatch(/pictures\.tar\.gz$/);
  expect(laid).toMatchObject({ split: null, digest: null });
});

it("opens a path that this machine sees, and falls back to the files where it does not", async () => {
  const path = join(directory, "here");
  await writeFile(path, "x");
  const parts = [file("a", "images"), file("b", "labels")];
  const seen = await files.dataset(dataset({ path, files: parts }), never);
  expect(seen.files.path).toBe(path);
  const unseen = await files.dataset(
    dataset({ path: join(directory, "not here"), files: parts }),
    never,
  );
  expect(await readdir(unseen.files.path)).toEqual(["a", "b"]);
});

it("a path that only other machines see is this node's fault", async () => {
  await expect(
    files.dataset(dataset({ path: join(directory, "not here") }), never),
  ).rejects.toMatchObject({
    code: "storage",
    message: expect.stringMatching(
      /"fashion".*cannot be read on this node/,
    ) as string,
  });
});

it.each(["../up", "a/b", "..", ".hidden", "", "a\\b", "nul\0"])(
  "refuses a file called %o",
  async (name) => {
    const parts = [file(name, "images"), file("b", "labels")];
    await expect(
      files.dataset(dataset({ files: parts }), never),
    ).rejects.toMatchObject({ code: "dataset" });
    expect(await readdir(join(directory, "linked"))).toEqual([]);
  },
);

it("a model lies beside its manifest, one folder for each manifest", async () => {
  const { sha256: digest } = file("", "onnx");
  const model = (manifestJson: string) =>
    files.model({ sha256: digest, manifestJson, name: "net" }, never);
  const first = await model('{"mean":[0]}');
  const second = await model('{"mean":[1]}');
  expect(dirname(first.files.path)).toBe(dirname(first.files.manifestPath));
  expect(await readFile(first.files.path, "utf8")).toBe("onnx");
  expect(await readFile(second.files.manifestPath, "utf8")).toBe(
    '{"mean":[1]}',
  );
  expect(second.files.path).not.toBe(first.files.path);
});

it("the folder goes with the artifact that leaves, and comes again", async () => {
  const reference = dataset({
    files: [file("a", "images"), file("b", "labels")],
  });
  const first = await files.dataset(reference, never);
  first.release();
  const other = await files.dataset(
    dataset({ files: [file("c", "others")] }),
    never,
  );
  await expect(readdir(first.files.path)).rejects.toThrow("ENOENT");
  other.release();
  const again = await files.dataset(reference, never);
  expect(await readdir(again.files.path)).toEqual(["a", "b"]);
});

it("what is not to be had is refused, and lets go of the rest", async () => {
  const reference = dataset({
    files: [file("a", "images"), file("b", "nowhere")],
  });
  await expect(files.dataset(reference, never)).rejects.toMatchObject({
    code: "dataset",
  });
  // 14 bytes: these two fit only once "images" is free to leave.
  const parts = [file("b", "labels"), file("c", "others")];
  await files.dataset(dataset({ files: parts }), never);
});

it("a checkpoint that is gone is no failure", async () => {
  expect(await files.checkpoint("", never)).toBeNull();
  expect(await files.checkpoint(file("", "gone").sha256, never)).toBeNull();
  const kept = await files.checkpoint(file("", "onnx").sha256, never);
  expect(await readFile(kept!.files, "utf8")).toBe("onnx");
});

it("an audit that is gone is nothing that another node could have", async () => {
  const audit = (text: string) =>
    files.auditDocument(
      { sha256: file("", text).sha256, label: `the audit of "net"` },
      never,
    );
  await expect(audit("gone")).rejects.toMatchObject({ code: "usage" });
  expect(await readFile((await audit("onnx")).files, "utf8")).toBe("onnx");
});
