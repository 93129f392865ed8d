/** The exported pages over real HTTP, as they were built. */
import "reflect-metadata";
import { createHash } from "node:crypto";
import type { AddressInfo } from "node:net";
import { Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import type { NestExpressApplication } from "@nestjs/platform-express";
import { afterAll, beforeAll, expect, it } from "vitest";
import { servePages } from "./serve-pages.ts";

@Module({})
class Nothing {}

let app: NestExpressApplication;
let url: string;
beforeAll(async () => {
  app = await NestFactory.create<NestExpressApplication>(Nothing, {
    logger: false,
  });
  servePages(app);
  await app.listen(0, "127.0.0.1");
  const { port } = app.getHttpServer().address() as AddressInfo;
  url = `http://127.0.0.1:${port}`;
});
afterAll(() => app.close());

const get = (path: string, encoding = "identity") =>
  fetch(url + path, { headers: { "accept-encoding": encoding } });

const pages = [
  "/",
  "/model",
  "/compare",
  "/datasets",
  "/dataset",
  "/jobs",
  "/job",
  "/new-job",
  "/nodes",
  "/settings",
];

it.each(pages)(
  "%s is a page whose scripts may run, and no others",
  async (path) => {
    const response = await get(path);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toMatch(/^text\/html/);
    expect(response.headers.get("cache-control")).toBe("no-cache");
    const policy = response.headers.get("content-security-policy") ?? "";
    const page = await response.text();
    const inline = [
      ...page.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g),
    ];
    expect(inline.length).toBeGreaterThan(0);
    for (const [, text] of inline)
      expect(policy).toContain(
        `'sha256-${createHash("sha256").update(text!).digest("base64")}'`,
      );
    const scripts = policy
      .split("; ")
      .find((part) => part.startsWith("script-src"));
    expect(scripts).not.toMatch(/unsafe|https?:|\*/);
  },
);

it("what is named by its content is kept for ever, and sent compressed", async () => {
  const page = await (await get("/")).text();
  const script = /src="(\/_next\/static\/[^"]+\.js)"/.exec(page)![1]!;
  const plain = await get(script);
  expect(plain.headers.get("cache-control")).toBe(
    "public, max-age=31536000, immutable",
  );
  const bytes = (await plain.arrayBuffer()).byteLength;
  for (const encoding of ["br", "gzip"]) {
    const packed = await get(script, encoding);
    expect(packed.headers.get("content-encoding")).toBe(encoding);
    expect(Number(packed.headers.get("content-length"))).toBeLessThan(
      bytes / 2,
    );
    expect((await packed.arrayBuffer()).byteLength).toBe(bytes);
  }
});

it("an address that is none is a page that says so; paths of others are not answered here", async () => {
  const response = await get("/no-such-page");
  expect(response.status).toBe(404);
  expect(await response.text()).toContain("There is no such page");
  expect(response.headers.get("content-security-policy")).toContain("sha256-");
  for (const path of ["/api/jobs", "/metrics", "/api"]) {
    const other = await get(path);
    expect(other.headers.get("content-type")).toMatch(/json/);
  }
});

it.each([
  "/../package.json",
  "/..%2f..%2fpackage.json",
  "/%2e%2e/next.config.ts",
])("no path leaves the folder: %s", async (path) => {
  const response = await get(path);
  expect(response.status).toBe(404);
});
