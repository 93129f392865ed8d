import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { credentials } from "@grpc/grpc-js";
import { ArtifactServiceClient } from "@motif/proto";
import { afterEach, beforeEach, expect, it } from "vitest";
import { newArtifactSource, uploadLacking } from "./artifact-transfer.ts";
import {
  sha256,
  startTestControlPlane,
  type TestControlPlane,
} from "./check-control-plane.ts";
import { newConnectionOfTheMoment } from "./connection-of-the-moment.ts";

const never = new AbortController().signal;
const bytes = Buffer.from(
  Array.from({ length: 700_000 }, (_, i) => (i * i) % 251),
);
const digest = sha256(bytes);
const wanted = { sha256: digest, label: "model", code: "model" } as const;
let directory: string;
let controlPlane: TestControlPlane;
let client: ArtifactServiceClient;
let file: { path: string; sha256: string; bytes: number; mediaType: string };

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "motif-transfer-"));
  controlPlane = await startTestControlPlane();
  client = new ArtifactServiceClient(
    controlPlane.address,
    credentials.createInsecure(),
  );
  const path = join(directory, "file");
  await writeFile(path, bytes);
  const mediaType = "application/octet-stream";
  file = { path, sha256: digest, bytes: bytes.length, mediaType };
});
afterEach(async () => {
  client.close();
  await controlPlane.close();
  await rm(directory, { recursive: true, force: true });
});
const peer = () => ({ client, signal: never });

it("uploads in chunks, and not what is there already", async () => {
  await uploadLacking(peer(), [file], never);
  expect(controlPlane.artifacts.get(digest)?.equals(bytes)).toBe(true);
  await uploadLacking(peer(), [file], never);
  expect(controlPlane.offsets).toEqual([0]);
});

it("an upload that broke goes on from what the control plane kept", async () => {
  controlPlane.breakTransfersAfter(300_000, 1);
  await expect(uploadLacking(peer(), [file], never)).rejects.toThrow("broken");
  const kept = controlPlane.partial.get(digest)?.length;
  expect(kept).toBeGreaterThanOrEqual(300_000);
  await uploadLacking(peer(), [file], never);
  expect(controlPlane.offsets).toEqual([0, kept]);
  expect(controlPlane.artifacts.get(digest)?.equals(bytes)).toBe(true);
});

it("an upload ends when its connection does", async () => {
  const ended = new AbortController();
  const both = uploadLacking({ client, signal: ended.signal }, [file], never);
  ended.abort();
  await expect(both).rejects.toThrow(/CANCELLED/);
});

it("an empty file is an artifact too", async () => {
  const path = join(directory, "empty");
  await writeFile(path, "");
  const empty = sha256(new Uint8Array());
  await uploadLacking(
    peer(),
    [{ ...file, path, sha256: empty, bytes: 0 }],
    never,
  );
  expect(controlPlane.artifacts.has(empty)).toBe(true);
});

async function download(offset: number): Promise<Buffer> {
  const moment = newConnectionOfTheMoment();
  moment.set(peer());
  const chunks: Uint8Array[] = [];
  for await (const chunk of newArtifactSource(moment).read(
    wanted,
    offset,
    never,
  ))
    chunks.push(chunk);
  return Buffer.concat(chunks);
}

it("downloads from an offset; a broken connection ends early, without an error", async () => {
  controlPlane.artifacts.set(digest, bytes);
  expect((await download(0)).equals(bytes)).toBe(true);
  expect((await download(650_000)).equals(bytes.subarray(650_000))).toBe(true);
  controlPlane.breakTransfersAfter(1_000, 1);
  expect((await download(0)).equals(bytes.subarray(0, 1_000))).toBe(true);
});

it("what the control plane does not have is the input's fault", async () => {
  const refusal = {
    code: "model",
    message: expect.stringMatching(
      /model: .*Register the file again/,
    ) as string,
  };
  await expect(download(0)).rejects.toMatchObject(refusal);
  const moment = newConnectionOfTheMoment();
  moment.set(peer());
  await expect(
    newArtifactSource(moment).size(wanted, never),
  ).rejects.toMatchObject(refusal);
});

it("waits for a connection where there is none", async () => {
  controlPlane.artifacts.set(digest, bytes);
  const moment = newConnectionOfTheMoment();
  const size = newArtifactSource(moment).size(wanted, never);
  moment.set(peer());
  expect(await size).toBe(bytes.length);
  moment.set(null);
  const stop = new AbortController();
  const later = newArtifactSource(moment).size(wanted, stop.signal);
  stop.abort();
  await expect(later).rejects.toThrow(/abort/i);
});
