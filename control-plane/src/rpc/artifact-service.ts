/** ArtifactService: bytes in and out in chunks, no faster than the other side, resumed where they broke off. */
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import {
  status as codes,
  type ServerReadableStream,
  type ServerWritableStream,
  type sendUnaryData,
} from "@grpc/grpc-js";
import type {
  ArtifactServiceServer,
  Chunk,
  DownloadRequest,
  UploadHeader,
  UploadMessage,
  UploadResponse,
} from "@motif/proto";
import { ControlPlaneError } from "../control-plane-error.ts";
import type { ArtifactStore } from "../storage/artifact-store.ts";
import type { Log } from "./log.ts";
import { Places } from "./places.ts";
import { FieldViolation, GrpcError, toStatus } from "./status.ts";
import { logFailure, unary } from "./unary.ts";
import {
  readInteger,
  readList,
  readPresent,
  readSha256,
  readText,
} from "./wire-fields.ts";

const chunkBytes = 256 * 1024;
const mostAskedFor = 1_000;
const longestMediaType = 200;
/** Transfers at once; others wait in line. */
const mostTransfers = 32;
/** A transfer on which nothing moves is ended after this. */
const idleMs = 60_000;

export function newArtifactService(
  store: ArtifactStore,
  log: Log,
): ArtifactServiceServer {
  const places = new Places(mostTransfers);
  return {
    find: unary(log, async ({ request }) => {
      const sha256s = readList(
        "sha256",
        request.sha256,
        mostAskedFor,
        (sha256, at) => readSha256(at, sha256),
      );
      return { artifacts: await store.find(sha256s) };
    }),

    download(call) {
      inPlace(places, call, () => download(store, call)).then(
        () => call.end(),
        (error: unknown) => {
          logFailure(log, call, error);
          call.emit("error", toStatus(error));
        },
      );
    },

    upload(call, callback: sendUnaryData<UploadResponse>) {
      inPlace(places, call, () => upload(store, call)).then(
        (stored) => callback(null, stored),
        (error: unknown) => {
          logFailure(log, call, error);
          callback(toStatus(error));
        },
      );
    },
  };
}

type Transfer =
  | ServerReadableStream<UploadMessage, UploadResponse>
  | ServerWritableStream<DownloadRequest, Chunk>;

/** Runs a transfer when there is a place for it, unless its caller has gone by then. */
async function inPlace<Value>(
  places: Places,
  call: Transfer,
  work: () => Promise<Value>,
): Promise<Value> {
  const gone = new AbortController();
  const leave = (): void => gone.abort(callerGone());
  call.once("cancelled", leave);
  if (call.cancelled) leave();
  await places.take(gone.signal);
  try {
    return await work();
  } finally {
    places.give();
    call.off("cancelled", leave);
  }
}

async function download(
  store: ArtifactStore,
  call: ServerWritableStream<DownloadRequest, Chunk>,
): Promise<void> {
  const sha256 = readSha256("sha256", call.request.sha256);
  const { offset } = call.request;
  const [found] = await store.find([sha256]);
  if (found?.isComplete === true && offset > found.bytes)
    throw new GrpcError(
      codes.OUT_OF_RANGE,
      `Artifact ${sha256} has ${found.bytes} bytes; there is none at ${offset}.`,
    );
  const bytes = await store.open(sha256, { offset });
  try {
    for await (const piece of bytes)
      for (const data of inChunks(piece as Buffer)) {
        if (call.cancelled) throw callerGone();
        if (!call.write({ data })) await drained(call);
      }
  } finally {
    bytes.destroy();
  }
}

function* inChunks(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += chunkBytes)
    yield bytes.subarray(start, start + chunkBytes);
}

async function drained(
  call: ServerWritableStream<DownloadRequest, Chunk>,
): Promise<void> {
  const over = new AbortController();
  const stop = (): void => over.abort();
  call.once("close", stop);
  if (call.destroyed) stop();
  const timer = setTimeout(stop, idleMs);
  try {
    await once(call, "drain", { signal: over.signal });
  } catch {
    throw call.cancelled || call.destroyed ? callerGone() : stalled();
  } finally {
    clearTimeout(timer);
    call.off("close", stop);
  }
}

async function upload(
  store: ArtifactStore,
  call: ServerReadableStream<UploadMessage, UploadResponse>,
): Promise<UploadResponse> {
  // Kept open by the iterator: its status is still to be sent.
  const messages = call.iterator({
    destroyOnReturn: false,
  }) as AsyncIterableIterator<UploadMessage>;
  const first = await nextInTime(messages);
  const header = readHeader(first);
  return store.put(chunksOf(messages, header), header);
}

function readHeader(first: UploadMessage | undefined): UploadHeader {
  const body = readPresent("body", first?.body);
  if (body.$case !== "header")
    throw new FieldViolation("body", "The first message is a header.");
  const { sha256, bytes, mediaType, offset } = body.value;
  const length = readInteger("header.bytes", bytes, 0, Number.MAX_SAFE_INTEGER);
  return {
    sha256: readSha256("header.sha256", sha256),
    bytes: length,
    mediaType:
      readText("header.media_type", mediaType, longestMediaType) ||
      "application/octet-stream",
    offset: readInteger("header.offset", offset, 0, length),
  };
}

/** @throws ControlPlaneError for an end that comes early: a caller that is lost looks like one that has finished */
async function* chunksOf(
  messages: AsyncIterator<UploadMessage>,
  { sha256, bytes, offset }: UploadHeader,
): AsyncGenerator<Uint8Array> {
  let there = offset;
  for (;;) {
    const message = await nextInTime(messages);
    if (message === undefined && there < bytes)
      throw new ControlPlaneError(
        "conflict",
        `The upload of ${sha256} ended after ${there} of ${bytes} bytes. Go on from there.`,
      );
    if (message === undefined) return;
    const body = readPresent("body", message.body);
    if (body.$case !== "chunk")
      throw new FieldViolation("body", "Only chunks come after the header.");
    there += body.value.data.length;
    yield body.value.data;
  }
}

/** @returns undefined at the end */
async function nextInTime(
  messages: AsyncIterator<UploadMessage>,
): Promise<UploadMessage | undefined> {
  const inTime = new AbortController();
  const late = sleep(idleMs, undefined, { signal: inTime.signal }).then(
    () => Promise.reject(stalled()),
    () => undefined,
  );
  try {
    const next = await Promise.race([messages.next(), late]);
    return next === undefined || next.done === true ? undefined : next.value;
  } finally {
    inTime.abort();
  }
}

const stalled = (): GrpcError =>
  new GrpcError(
    codes.DEADLINE_EXCEEDED,
    `Nothing moved for ${idleMs / 1_000} s. Go on from what is there.`,
  );

const callerGone = (): ControlPlaneError =>
  new ControlPlaneError("unavailable", "The caller has gone.");
