import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { MotifError } from "../motif-error.ts";
import { openArtifactCache, type ArtifactSource } from "./artifact-cache.ts";
import { sha256 } from "./check-control-plane.ts";

const never = new AbortController().signal;
let directory: string;
let reads: { sha256: string; offset: number }[];
let evicted: string[];
let damaged: string[];
let time: number;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "motif-cache-"));
  [reads, evicted, damaged, time] = [[], [], [], 1_700_000_000_000];
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const content = (text: string) => Buffer.from(text);
const wanted = (text: string) => ({
  sha256: sha256(content(text)),
  label: `"${text}"`,
  code: "dataset" as const,
});

/** Has the texts named; sends `pieces` of what is asked for, in chunks of 4 bytes. */
function sourceOf(
  texts: readonly string[],
  bend: (data: Buffer, read: number) => Buffer = (data) => data,
): ArtifactSource {
  const stored = new Map(
    texts.map((text) => [sha256(content(text)), content(text)]),
  );
  return {
    async size(artifact) {
      const bytes = stored.get(artifact.sha256);
      if (!bytes) throw new MotifError(artifact.code, "not there");
      return bytes.length;
    },
    async *read(artifact, offset, signal) {
      reads.push({ sha256: artifact.sha256, offset });
      const rest = stored.get(artifact.sha256)!.subarray(offset);
      const data = bend(Buffer.from(rest), reads.length);
      for (let at = 0; at < data.length; at += 4) {
        signal.throwIfAborted();
        yield data.subarray(at, at + 4);
      }
    },
  };
}
const open = (source: ArtifactSource, largestBytes = 1_000) =>
  openArtifactCache(directory, source, {
    largestBytes,
    now: () => time++,
    onEvicted: async (sha256) => void evicted.push(sha256),
    onDamaged: (sha256) => damaged.push(sha256),
  });

it("fetches once for all who want it, also in a later process", async () => {
  const source = sourceOf(["a model"]);
  const cache = await open(source);
  const both = await Promise.all([
    cache.acquire(wanted("a model"), never),
    cache.acquire(wanted("a model"), never),
  ]);
  for (const { path } of both)
    expect(await readFile(path, "utf8")).toBe("a model");
  await (await open(source)).acquire(wanted("a model"), never);
  expect(reads).toHaveLength(1);
});

it("goes on where a connection broke off, without a byte twice", async () => {
  const text = "0123456789abcdef";
  const cache = await open(
    sourceOf([text], (data, read) => (read < 3 ? data.subarray(0, 5) : data)),
  );
  const { path } = await cache.acquire(wanted(text), never);
  expect(await readFile(path, "utf8")).toBe(text);
  expect(reads.map(({ offset }) => offset)).toEqual([0, 5, 10]);
});

it("goes on with what an earlier process had fetched", async () => {
  const text = "0123456789abcdef";
  await writeFile(join(directory, `${sha256(content(text))}.part`), "0123");
  const cache = await open(sourceOf([text]));
  await cache.acquire(wanted(text), never);
  expect(reads.map(({ offset }) => offset)).toEqual([4]);
});

it("drops what has another digest and fetches it again", async () => {
  const cache = await open(
    sourceOf(["0123456789"], (data, read) =>
      read === 1 ? Buffer.from(data.toString().replace("5", "6")) : data,
    ),
  );
  const { path } = await cache.acquire(wanted("0123456789"), never);
  expect(await readFile(path, "utf8")).toBe("0123456789");
  expect(damaged).toHaveLength(1);
});

it("gives up what is damaged twice, with the input's fault", async () => {
  const cache = await open(
    sourceOf(["0123"], () => Buffer.from("x".repeat(4))),
  );
  await expect(cache.acquire(wanted("0123"), never)).rejects.toMatchObject({
    code: "dataset",
    message: expect.stringMatching(/"0123".*twice.*register/i) as string,
  });
  expect(await readdir(directory)).toEqual([]);
});

it("drops an entry that was damaged on this disk", async () => {
  const first = await open(sourceOf(["a model"]));
  const { path } = await first.acquire(wanted("a model"), never);
  await writeFile(path, "A model");
  const second = await open(sourceOf(["a model"]));
  await second.acquire(wanted("a model"), never);
  expect(await readFile(path, "utf8")).toBe("a model");
  expect(damaged).toHaveLength(1);
  expect(reads).toHaveLength(2);
});

it("the longest unused leaves first, nothing that is in use", async () => {
  const texts = ["aaaa", "bbbb", "cccc", "dddd"];
  const cache = await open(sourceOf(texts), 12);
  const used = await cache.acquire(wanted("aaaa"), never);
  for (const text of ["bbbb", "cccc"])
    (await cache.acquire(wanted(text), never)).release();
  (await cache.acquire(wanted("bbbb"), never)).release();
  (await cache.acquire(wanted("dddd"), never)).release();
  expect(evicted).toEqual([wanted("cccc").sha256]);
  expect(await readFile(used.path, "utf8")).toBe("aaaa");
  expect(cache.bytes()).toBe(12);
});

it("remembers over a restart what was used last", async () => {
  const texts = ["aaaa", "bbbb", "cccc"];
  const first = await open(sourceOf(texts), 8);
  for (const text of ["aaaa", "bbbb", "aaaa"])
    (await first.acquire(wanted(text), never)).release();
  const second = await open(sourceOf(texts), 8);
  await second.acquire(wanted("cccc"), never);
  expect(evicted).toEqual([wanted("bbbb").sha256]);
});

it("refuses what cannot fit, and evicts nothing for it", async () => {
  const cache = await open(sourceOf(["aaaa", "bbbb", "a long one"]), 9);
  await cache.acquire(wanted("aaaa"), never);
  (await cache.acquire(wanted("bbbb"), never)).release();
  await expect(
    cache.acquire(wanted("a long one"), never),
  ).rejects.toMatchObject({
    code: "storage",
    message: expect.stringContaining("--cache-bytes") as string,
  });
  expect(evicted).toEqual([]);
});

it("a download that nobody wants any more stops, and can be asked for again", async () => {
  const text = "0123456789abcdef";
  const stop = new AbortController();
  const source = sourceOf([text], (data) => {
    if (reads.length === 1) stop.abort("stop");
    return data;
  });
  const cache = await open(source);
  await expect(cache.acquire(wanted(text), stop.signal)).rejects.toThrow(
    "stop",
  );
  const { path } = await cache.acquire(wanted(text), never);
  expect(await readFile(path, "utf8")).toBe(text);
});

it.each(["", "../../etc/passwd", "ABC"])(
  "refuses the digest %o before it becomes a path",
  async (digest) => {
    const cache = await open(sourceOf([]));
    await expect(
      cache.acquire({ sha256: digest, label: "model", code: "model" }, never),
    ).rejects.toMatchObject({ code: "model" });
  },
);
