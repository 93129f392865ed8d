/**
 * Artifacts over the wire, both ways, on a connection of their own so that a large one does not hold up heartbeats. What a
 * broken connection leaves half done goes on from there on the next one.
 */
import { createReadStream } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { Metadata, status, type ServiceError } from "@grpc/grpc-js";
import type {
  ArtifactServiceClient,
  StoredArtifact,
  UploadMessage,
} from "@motif/proto";
import { MotifError } from "../motif-error.ts";
import type { ArtifactSource, WantedArtifact } from "./artifact-cache.ts";

/** A control plane that artifacts can be had from now. */
export interface ArtifactPeer {
  readonly client: ArtifactServiceClient;
  /** Aborted when the connection is over: calls on it end then. */
  readonly signal: AbortSignal;
}

/** The peer of the moment, or the next one. */
export interface ArtifactPeers {
  current(): ArtifactPeer | null;
  /** Waits for a connection. @throws the signal's reason when aborted */
  next(signal: AbortSignal): Promise<ArtifactPeer>;
}

export interface UploadFile {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly mediaType: string;
}

/** Bytes of a chunk: large enough to cost little, small enough to leave room for others between two of them. */
const chunkBytes = 128 * 1024;
/** Of the files that one call is given. */
const uploadsAtOnce = 4;
const findWithinMs = 15_000;
/** Digests that one question asks for. */
const findAtOnce = 500;

/** Between two tries that a connection's loss has ended. */
const retryAfterMs = 250;
const mostTries = 20;

/** Waits for a connection where there is none, as long as the signal lets it. */
export function newArtifactSource(peers: ArtifactPeers): ArtifactSource {
  return {
    async size(wanted, signal) {
      const { sha256, label, code } = wanted;
      for (let attempt = 1; ; attempt++) {
        const peer = await peers.next(signal);
        let stored;
        try {
          [stored] = await findArtifacts(peer, [sha256], signal);
        } catch (error) {
          signal.throwIfAborted();
          if (!isConnectionLoss(error) || attempt === mostTries)
            throw refusal(wanted, error);
          await setTimeout(retryAfterMs, undefined, { signal });
          continue;
        }
        if (stored?.isComplete) return stored.bytes;
        throw new MotifError(
          code,
          `${label}: the control plane does not have its artifact ${sha256} (any more). Register the file again.`,
        );
      }
    },
    async *read(wanted, offset, signal) {
      const peer = await peers.next(signal);
      const call = peer.client.download({ sha256: wanted.sha256, offset });
      const stop = () => call.cancel();
      const both = AbortSignal.any([signal, peer.signal]);
      both.addEventListener("abort", stop, { once: true });
      if (both.aborted) stop();
      try {
        for await (const chunk of call as AsyncIterable<{ data: Uint8Array }>)
          yield chunk.data;
      } catch (error) {
        signal.throwIfAborted();
        if (!isConnectionLoss(error)) throw refusal(wanted, error);
        await setTimeout(retryAfterMs, undefined, { signal });
      } finally {
        both.removeEventListener("abort", stop);
        call.cancel();
      }
    },
  };
}

/** What a control plane has of some artifacts, in the order asked for. @throws ServiceError */
export async function findArtifacts(
  peer: ArtifactPeer,
  sha256: readonly string[],
  signal: AbortSignal,
): Promise<readonly StoredArtifact[]> {
  const found: StoredArtifact[] = [];
  for (let at = 0; at < sha256.length; at += findAtOnce)
    found.push(
      ...(await findSome(peer, sha256.slice(at, at + findAtOnce), signal)),
    );
  return found;
}

function findSome(
  { client, signal: ended }: ArtifactPeer,
  sha256: readonly string[],
  signal: AbortSignal,
): Promise<readonly StoredArtifact[]> {
  return new Promise((resolve, reject) => {
    const call = client.find(
      { sha256 },
      new Metadata(),
      { deadline: Date.now() + findWithinMs },
      (error, response) => {
        both.removeEventListener("abort", stop);
        if (error) reject(error);
        else resolve(response.artifacts);
      },
    );
    const stop = () => call.cancel();
    const both = AbortSignal.any([signal, ended]);
    both.addEventListener("abort", stop, { once: true });
    if (both.aborted) stop();
  });
}

/**
 * Sends what a control plane lacks of some files, each from where an earlier attempt broke off.
 * @throws ServiceError, or the system's error when a file cannot be read
 */
export async function uploadLacking(
  peer: ArtifactPeer,
  files: readonly UploadFile[],
  signal: AbortSignal,
): Promise<void> {
  if (files.length === 0) return;
  const found = await findArtifacts(
    peer,
    files.map(({ sha256 }) => sha256),
    signal,
  );
  const lacking = files
    .map((file, at) => ({ file, stored: found[at] }))
    .filter(({ stored }) => !stored?.isComplete);
  // Small files are mostly waiting for the other side's disk: some at once.
  const sendOthers = async () => {
    for (let next = lacking.pop(); next; next = lacking.pop()) {
      const { file, stored } = next;
      const offset = Math.min(stored?.bytes ?? 0, file.bytes);
      await upload(peer, file, offset, signal);
    }
  };
  const senders = Math.min(uploadsAtOnce, lacking.length);
  const ends = await Promise.allSettled(
    Array.from({ length: senders }, sendOthers),
  );
  const failure = ends.find((end) => end.status === "rejected");
  if (failure) throw failure.reason;
}

async function upload(
  { client, signal: ended }: ArtifactPeer,
  file: UploadFile,
  offset: number,
  signal: AbortSignal,
): Promise<void> {
  const { path, sha256, bytes, mediaType } = file;
  const answer = Promise.withResolvers<void>();
  const call = client.upload((error) => {
    if (error) answer.reject(error);
    else answer.resolve();
  });
  // The answer's error says more than the stream's own.
  call.on("error", () => undefined);
  const both = AbortSignal.any([signal, ended]);
  const stop = () => call.cancel();
  both.addEventListener("abort", stop, { once: true });
  if (both.aborted) stop();
  let isAnswered = false;
  const answered = answer.promise.finally(() => (isAnswered = true));
  answered.catch(() => undefined);
  const send = async (body: UploadMessage["body"]) => {
    if (call.write({ body })) return;
    const drained = Promise.withResolvers<void>();
    call.once("drain", drained.resolve);
    await Promise.race([drained.promise, answered]);
  };
  try {
    await send({
      $case: "header",
      value: { sha256, bytes, mediaType, offset },
    });
    if (offset < bytes) {
      const chunks = createReadStream(path, {
        start: offset,
        highWaterMark: chunkBytes,
      }) as AsyncIterable<Buffer>;
      for await (const data of chunks) {
        // It may be answered before its end: refused, or already there.
        if (isAnswered) break;
        await send({ $case: "chunk", value: { data } });
      }
    }
    call.end();
    await answered;
  } catch (error) {
    call.cancel();
    throw error;
  } finally {
    both.removeEventListener("abort", stop);
  }
}

/** Whether a call failed because of the way to the control plane, not because of what was asked. */
export function isConnectionLoss(error: unknown): boolean {
  return (
    isServiceError(error) &&
    (error.code === status.UNAVAILABLE ||
      error.code === status.CANCELLED ||
      error.code === status.DEADLINE_EXCEEDED)
  );
}

export function isServiceError(error: unknown): error is ServiceError {
  return (
    error instanceof Error && "code" in error && typeof error.code === "number"
  );
}

function refusal(
  { sha256, label, code }: WantedArtifact,
  error: unknown,
): unknown {
  if (!isServiceError(error)) return error;
  const isGone =
    error.code === status.NOT_FOUND || error.code === status.DATA_LOSS;
  return new MotifError(
    isGone ? code : "storage",
    `${label}: the control plane does not give its artifact ${sha256} (${error.details}).` +
      (isGone ? " Register the file again." : ""),
    { cause: error },
  );
}
