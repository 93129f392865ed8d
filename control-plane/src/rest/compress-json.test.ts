/** What is compressed on the way, and what is not. */
import { gunzipSync, brotliDecompressSync } from "node:zlib";
import { request } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { JobView } from "../jobs/job.ts";
import { startRest, type RunningRest } from "./cases/start-rest.ts";

let rest: RunningRest;
let job: JobView;
beforeAll(async () => {
  rest = await startRest();
  ({ body: job } = await rest.request<JobView>("/api/jobs", {
    method: "POST",
    body: { kind: "noop", shards: 500, waitMs: 0 },
  }));
  // The same answer every time: nothing is fed to the queue.
  await rest.request(`/api/jobs/${job.id}/pause`, { method: "POST" });
});
afterAll(() => rest.close());

interface Raw {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
}

/** As it comes over the wire: fetch would unpack it. */
function get(path: string, headers: Record<string, string>): Promise<Raw> {
  return new Promise((resolve, reject) => {
    request(rest.url + path, { headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () =>
        resolve({
          status: response.statusCode!,
          headers: response.headers as Raw["headers"],
          body: Buffer.concat(chunks),
        }),
      );
      response.on("error", reject);
    })
      .on("error", reject)
      .end();
  });
}

test("long JSON is, as the other side asks", async () => {
  const path = `/api/jobs/${job.id}/shards?limit=500`;
  const plain = await get(path, {});
  expect(plain.headers["content-encoding"]).toBeUndefined();
  expect(JSON.parse(plain.body.toString())).toHaveLength(500);
  for (const [encoding, unpack] of [
    ["gzip", gunzipSync],
    ["br", brotliDecompressSync],
  ] as const) {
    const packed = await get(path, { "accept-encoding": encoding });
    expect(packed.headers).toMatchObject({
      "content-encoding": encoding,
      vary: expect.stringContaining("Accept-Encoding") as string,
      etag: plain.headers.etag,
    });
    expect(packed.body.length).toBeLessThan(plain.body.length / 3);
    expect(unpack(packed.body)).toEqual(plain.body);
    const known = await get(path, {
      "accept-encoding": encoding,
      "if-none-match": packed.headers.etag!,
    });
    expect(known.status).toBe(304);
  }
});

test("short JSON and bytes are not", async () => {
  const accept = { "accept-encoding": "gzip, br" };
  const short = await get(`/api/jobs/${job.id}/shards?limit=1`, accept);
  expect(short.headers["content-encoding"]).toBeUndefined();
  const zeros = Buffer.alloc(10_000);
  const stored = await fetch(`${rest.url}/api/artifacts`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: zeros,
  });
  const { sha256 } = (await stored.json()) as { sha256: string };
  const bytes = await get(`/api/artifacts/${sha256}`, accept);
  expect(bytes.headers["content-encoding"]).toBeUndefined();
  expect(bytes.body).toEqual(zeros);
});
