import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeEach, expect, test } from "vitest";
import { newTestDatabase } from "../../../test/harness/postgres.ts";
import { canMountTmpfs } from "../../../test/harness/tmpfs.ts";
import type { ControlPlaneError } from "../control-plane-error.ts";
import { newDatabase } from "../database/database.ts";
import { FolderStore } from "./folder-store.ts";

const testDatabase = await newTestDatabase();
const database = newDatabase(testDatabase.pool);
const folders: string[] = [];
afterAll(async () => {
  await testDatabase.close();
  for (const folder of folders) await rm(folder, { recursive: true });
});

let dataDirectory: string;
let store: FolderStore;

beforeEach(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), "motif-store-"));
  folders.push(dataDirectory);
  store = newStore();
});

const newStore = (largestArtifactBytes = 1_000_000): FolderStore =>
  new FolderStore({
    dataDirectory,
    database,
    largestArtifactBytes,
    now: Date.now,
  });

const digestOf = (bytes: Uint8Array): string =>
  createHash("sha256").update(bytes).digest("hex");

const mediaType = "application/octet-stream";

async function read(stream: Readable): Promise<Buffer> {
  return Buffer.concat((await stream.toArray()) as Buffer[]);
}

/** All files under the data folder, without its own name. */
const filesThere = async (): Promise<string[]> =>
  (await readdir(dataDirectory, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);

/** Sends some bytes, then breaks off as a lost connection does. */
async function* brokenOff(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
  throw new Error("connection lost");
}

const failure = (code: ControlPlaneError["code"]): unknown =>
  expect.objectContaining({ name: "ControlPlaneError", code });

test("what is put is there, under its digest, whole and in parts", async () => {
  const bytes = randomBytes(200_000);
  const sha256 = digestOf(bytes);
  const stored = await store.put(Readable.from([bytes]), { mediaType });
  expect(stored).toEqual({ sha256, bytes: bytes.length });
  expect(await read(await store.open(sha256))).toEqual(bytes);
  expect(
    await read(await store.open(sha256, { offset: 5, end: 70_000 })),
  ).toEqual(bytes.subarray(5, 70_000));
  expect(
    await read(await store.open(sha256, { offset: bytes.length })),
  ).toHaveLength(0);
  expect(await store.find([sha256])).toEqual([
    { sha256, isComplete: true, bytes: bytes.length, mediaType },
  ]);
  await expect(
    store.open(sha256, { offset: bytes.length + 1 }),
  ).rejects.toEqual(failure("invalid"));
});

test("an artifact without bytes is one too", async () => {
  const { sha256 } = await store.put(Readable.from([]), { mediaType });
  expect(await read(await store.open(sha256))).toHaveLength(0);
});

test("bytes without the announced digest leave nothing", async () => {
  const announced = digestOf(randomBytes(5));
  await expect(
    store.put(Readable.from([randomBytes(9)]), {
      sha256: announced,
      mediaType,
    }),
  ).rejects.toEqual(failure("corrupt"));
  expect(await filesThere()).toEqual([]);
  expect(await store.find([announced])).toMatchObject([
    { isComplete: false, bytes: 0 },
  ]);
});

test.each([8, 10])("9 bytes are not taken for %i", async (announced) => {
  await expect(
    store.put(Readable.from([randomBytes(9)]), {
      bytes: announced,
      mediaType,
    }),
  ).rejects.toEqual(failure("corrupt"));
  expect(await filesThere()).toEqual([]);
});

test("an upload that was broken off goes on where it stopped", async () => {
  const bytes = randomBytes(100_000);
  const sha256 = digestOf(bytes);
  const announced = { sha256, bytes: bytes.length, mediaType };
  await expect(
    store.put(brokenOff(bytes.subarray(0, 60_000)), announced),
  ).rejects.toThrow("connection lost");
  expect(await store.find([sha256])).toEqual([
    { sha256, isComplete: false, bytes: 60_000, mediaType: null },
  ]);
  await expect(
    store.put(Readable.from([]), { ...announced, offset: 60_001 }),
  ).rejects.toEqual(failure("conflict"));
  await store.put(Readable.from([bytes.subarray(60_000)]), {
    ...announced,
    offset: 60_000,
  });
  expect(await read(await store.open(sha256))).toEqual(bytes);
  expect(await filesThere()).toEqual([sha256]);
});

test("a rest that does not belong to the beginning removes both", async () => {
  const bytes = randomBytes(1_000);
  const sha256 = digestOf(bytes);
  const announced = { sha256, bytes: 1_000, mediaType };
  await expect(
    store.put(brokenOff(bytes.subarray(0, 500)), announced),
  ).rejects.toThrow("connection lost");
  await expect(
    store.put(Readable.from([randomBytes(500)]), { ...announced, offset: 500 }),
  ).rejects.toEqual(failure("corrupt"));
  expect(await filesThere()).toEqual([]);
});

test("two uploads of one artifact at once do not disturb each other", async () => {
  const bytes = randomBytes(300_000);
  const sha256 = digestOf(bytes);
  const [pieces, other] = [0, 1].map(() =>
    Readable.from(
      [0, 1, 2].map((index) =>
        bytes.subarray(index * 100_000, (index + 1) * 100_000),
      ),
    ),
  );
  await Promise.all([
    store.put(pieces!, { sha256, mediaType }),
    store.put(other!, { sha256, mediaType }),
  ]);
  expect(await read(await store.open(sha256))).toEqual(bytes);
  expect(await filesThere()).toEqual([sha256]);
});

test("what is larger than the limit is refused, announced or not", async () => {
  store = newStore(100);
  for (const bytes of [undefined, 101])
    await expect(
      store.put(Readable.from([randomBytes(101)]), {
        ...(bytes === undefined ? {} : { bytes }),
        mediaType,
      }),
    ).rejects.toEqual(failure("too-large"));
  expect(await filesThere()).toEqual([]);
});

test("what no disk has room for is refused before it is sent", async () => {
  store = newStore(Number.MAX_SAFE_INTEGER);
  let asked = false;
  const source = (async function* (): AsyncGenerator<Uint8Array> {
    asked = true;
    yield randomBytes(1);
  })();
  await expect(
    store.put(source, { bytes: Number.MAX_SAFE_INTEGER, mediaType }),
  ).rejects.toEqual(failure("storage-full"));
  expect(asked).toBe(false);
});

test.skipIf(!canMountTmpfs())(
  "a disk that fills up on the way leaves nothing half-written, and takes what fits",
  async () => {
    const small = join(dataDirectory, "small");
    await mkdir(small);
    const options = ["-t", "tmpfs", "-o", "size=1m", "tmpfs", small];
    execFileSync("mount", options);
    try {
      const full = new FolderStore({
        dataDirectory: small,
        database,
        largestArtifactBytes: 10_000_000,
        now: Date.now,
      });
      const pieces = Array.from({ length: 40 }, () => randomBytes(50_000));
      await expect(
        full.put(Readable.from(pieces), { mediaType }),
      ).rejects.toEqual(failure("storage-full"));
      expect(await filesThere()).toEqual([]);
      await full.put(Readable.from(pieces.slice(0, 5)), { mediaType });
    } finally {
      execFileSync("umount", [small]);
    }
  },
);

test("a stored file that vanished or was cut short is told, and mended by sending it again", async () => {
  const bytes = randomBytes(1_000);
  const { sha256 } = await store.put(Readable.from([bytes]), { mediaType });
  const path = join(dataDirectory, "artifacts", sha256.slice(0, 2), sha256);
  await writeFile(path, bytes.subarray(1));
  await expect(store.open(sha256)).rejects.toEqual(failure("corrupt"));
  await rm(path);
  await expect(store.open(sha256)).rejects.toMatchObject({
    code: "not-found",
    message: expect.stringContaining("vanished from disk") as string,
  });
  expect(await store.find([sha256])).toMatchObject([{ isComplete: false }]);
  await store.put(Readable.from([bytes]), { mediaType });
  expect(await readFile(path)).toEqual(bytes);
});

test("a registered file is served from where it is, as long as it is the same", async () => {
  const path = join(dataDirectory, "model.onnx");
  const bytes = randomBytes(5_000);
  await writeFile(path, bytes);
  const { sha256 } = await store.registerExternal(path);
  expect(sha256).toBe(digestOf(bytes));
  expect(await read(await store.open(sha256, { offset: 10 }))).toEqual(
    bytes.subarray(10),
  );
  expect(await filesThere()).toEqual(["model.onnx"]);

  await utimes(path, 1, 1);
  expect(await read(await store.open(sha256))).toEqual(bytes);
  await writeFile(path, randomBytes(5_000));
  await expect(store.open(sha256)).rejects.toMatchObject({
    code: "corrupt",
    message: expect.stringContaining(path) as string,
  });
  await rm(path);
  await expect(store.open(sha256)).rejects.toMatchObject({
    code: "not-found",
    message: expect.stringContaining(`vanished from disk: ${path}`) as string,
  });
});

test("a registered file that was uploaded too is served from the store", async () => {
  const path = join(dataDirectory, "model.onnx");
  const bytes = randomBytes(50);
  await writeFile(path, bytes);
  const { sha256 } = await store.registerExternal(path);
  await store.put(Readable.from([bytes]), { mediaType });
  await store.registerExternal(path);
  await rm(path);
  expect(await read(await store.open(sha256))).toEqual(bytes);
});

test("what is no file cannot be registered", async () => {
  await expect(
    store.registerExternal(join(dataDirectory, "absent")),
  ).rejects.toEqual(failure("not-found"));
  await expect(store.registerExternal(dataDirectory)).rejects.toEqual(
    failure("invalid"),
  );
});

test("names that are no digests are refused", async () => {
  for (const name of ["../../etc/passwd", "A".repeat(64), ""]) {
    await expect(store.open(name)).rejects.toEqual(failure("invalid"));
    await expect(store.find([name])).rejects.toEqual(failure("invalid"));
    await expect(
      store.put(Readable.from([]), { sha256: name, mediaType }),
    ).rejects.toEqual(failure("invalid"));
  }
});

test("uploads that nobody goes on with are removed after a day", async () => {
  const partials = join(dataDirectory, "artifacts", "partial");
  await mkdir(partials, { recursive: true });
  const old = Date.now() / 1000 - 25 * 3600;
  await writeFile(join(partials, "old"), "");
  await utimes(join(partials, "old"), old, old);
  await writeFile(join(partials, "young"), "");
  expect(await store.removeOldPartials()).toBe(1);
  expect(await filesThere()).toEqual(["young"]);
});
