import { createHash, randomBytes } from "node:crypto";
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import {
  credentials,
  Metadata,
  status as codes,
  type ServiceError,
} from "@grpc/grpc-js";
import {
  ArtifactServiceClient,
  type Chunk,
  type StoredArtifact,
  type UploadHeader,
  type UploadMessage,
  type UploadResponse,
} from "@motif/proto";
import { afterAll, expect, test } from "vitest";
import { startEdge } from "./cases/start-edge.ts";

const edge = await startEdge();
const client = new ArtifactServiceClient(
  edge.address,
  credentials.createInsecure(),
);
afterAll(async () => {
  client.close();
  await edge.close();
});

const digestOf = (bytes: Uint8Array): string =>
  createHash("sha256").update(bytes).digest("hex");

const headerOf = (
  bytes: Uint8Array,
  changed: Partial<UploadHeader> = {},
): UploadMessage => ({
  body: {
    $case: "header",
    value: {
      sha256: digestOf(bytes),
      bytes: bytes.length,
      mediaType: "application/octet-stream",
      offset: 0,
      ...changed,
    },
  },
});

function* chunksOf(bytes: Buffer, size = 100_000): Generator<UploadMessage> {
  for (let start = 0; start < bytes.length; start += size)
    yield {
      body: {
        $case: "chunk",
        value: { data: bytes.subarray(start, start + size) },
      },
    };
}

function startUpload(): {
  readonly call: ReturnType<ArtifactServiceClient["upload"]>;
  readonly answer: Promise<UploadResponse>;
} {
  const answer = Promise.withResolvers<UploadResponse>();
  const call = client.upload((error, response) =>
    error === null ? answer.resolve(response) : answer.reject(error),
  );
  call.on("error", () => {});
  return { call, answer: answer.promise };
}

function upload(messages: Iterable<UploadMessage>): Promise<UploadResponse> {
  const { call, answer } = startUpload();
  for (const message of messages) call.write(message);
  call.end();
  return answer;
}

const find = (sha256: readonly string[]): Promise<readonly StoredArtifact[]> =>
  new Promise((resolve, reject) =>
    client.find({ sha256 }, (error, response) =>
      error === null ? resolve(response.artifacts) : reject(error),
    ),
  );

async function download(sha256: string, offset = 0): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const chunk of client.download({ sha256, offset })) {
    const { data } = chunk as Chunk;
    expect(data.length).toBeLessThanOrEqual(256 * 1024);
    pieces.push(data);
  }
  return Buffer.concat(pieces);
}

const failure = (code: codes): unknown => expect.objectContaining({ code });

test("what is uploaded can be found and downloaded, whole and from an offset", async () => {
  const bytes = randomBytes(1_500_000);
  const sha256 = digestOf(bytes);
  expect(await upload([headerOf(bytes), ...chunksOf(bytes)])).toEqual({
    sha256,
    bytes: bytes.length,
  });
  const absent = "0".repeat(64);
  expect(await find([absent, sha256])).toEqual([
    { sha256: absent, isComplete: false, bytes: 0 },
    { sha256, isComplete: true, bytes: bytes.length },
  ]);
  expect(await download(sha256)).toEqual(bytes);
  expect(await download(sha256, 1_234_567)).toEqual(bytes.subarray(1_234_567));
  expect(await download(sha256, bytes.length)).toHaveLength(0);
  await expect(download(sha256, bytes.length + 1)).rejects.toEqual(
    failure(codes.OUT_OF_RANGE),
  );
  await expect(download(absent)).rejects.toEqual(failure(codes.NOT_FOUND));
});

test("an upload that breaks off goes on from what is there", async () => {
  const bytes = randomBytes(900_000);
  const sha256 = digestOf(bytes);
  const { call, answer } = startUpload();
  call.write(headerOf(bytes));
  for (const chunk of chunksOf(bytes.subarray(0, 400_000))) call.write(chunk);
  // The client is gone in the middle, once something has arrived.
  const partials = join(edge.dataDirectory, "artifacts", "partial");
  await expect
    .poll(async () => {
      const [name] = await readdir(partials);
      return name === undefined ? 0 : (await stat(join(partials, name))).size;
    })
    .toBe(400_000);
  call.cancel();
  await expect(answer).rejects.toEqual(failure(codes.CANCELLED));
  await expect
    .poll(() => find([sha256]))
    .toEqual([{ sha256, isComplete: false, bytes: 400_000 }]);
  await expect(upload([headerOf(bytes, { offset: 500_000 })])).rejects.toEqual(
    failure(codes.FAILED_PRECONDITION),
  );
  await upload([
    headerOf(bytes, { offset: 400_000 }),
    ...chunksOf(bytes.subarray(400_000)),
  ]);
  expect(await download(sha256)).toEqual(bytes);
});

test("bytes of another digest are refused and not kept", async () => {
  const bytes = randomBytes(300_000);
  const sha256 = digestOf(randomBytes(1));
  await expect(
    upload([headerOf(bytes, { sha256 }), ...chunksOf(bytes)]),
  ).rejects.toEqual(failure(codes.DATA_LOSS));
  expect(await find([sha256])).toMatchObject([{ isComplete: false, bytes: 0 }]);
});

test("more than is taken is refused before it is sent", async () => {
  await expect(
    upload([headerOf(randomBytes(1), { bytes: 2 ** 40 })]),
  ).rejects.toEqual(failure(codes.RESOURCE_EXHAUSTED));
});

test("an artifact that vanished from disk is told as such", async () => {
  const bytes = randomBytes(10);
  const { sha256 } = await upload([headerOf(bytes), ...chunksOf(bytes)]);
  await rm(join(edge.dataDirectory, "artifacts", sha256.slice(0, 2), sha256));
  await expect(download(sha256)).rejects.toMatchObject({
    code: codes.NOT_FOUND,
    details: expect.stringContaining("vanished from disk") as string,
  });
});

test("messages that do not fit are refused", async () => {
  const bytes = randomBytes(10);
  const cases: UploadMessage[][] = [
    [],
    [{ body: undefined }],
    [...chunksOf(bytes)],
    [headerOf(bytes), headerOf(bytes)],
    [headerOf(bytes), { body: undefined }],
    [headerOf(bytes, { sha256: "../x" })],
    [headerOf(bytes, { offset: 11 })],
  ];
  for (const messages of cases)
    await expect(upload(messages)).rejects.toEqual(
      failure(codes.INVALID_ARGUMENT),
    );
  await expect(find(["x"])).rejects.toEqual(failure(codes.INVALID_ARGUMENT));
  await expect(
    find(Array.from({ length: 1_001 }, () => "0".repeat(64))),
  ).rejects.toEqual(failure(codes.INVALID_ARGUMENT));
  await expect(download("x")).rejects.toEqual(failure(codes.INVALID_ARGUMENT));
});

test("a slow reader holds the store back instead of filling memory", async () => {
  const bytes = randomBytes(30_000_000);
  const { sha256 } = await upload([
    headerOf(bytes),
    ...chunksOf(bytes, 1_000_000),
  ]);
  const call = client.download({ sha256, offset: 0 }, new Metadata());
  call.on("error", (_: ServiceError) => {});
  const hash = createHash("sha256");
  let received = 0;
  for await (const chunk of call) {
    // The first piece is looked at for a while: everything behind it has to wait.
    if (received === 0) await find([sha256]);
    const { data } = chunk as Chunk;
    hash.update(data);
    received += data.length;
  }
  expect(received).toBe(bytes.length);
  expect(hash.digest("hex")).toBe(sha256);
});
