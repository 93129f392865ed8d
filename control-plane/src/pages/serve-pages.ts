/**
 * The dashboard's pages, exported by Next.js to plain files: served from the address of REST and socket.io. They hold nothing but
 * programs; what they show they ask REST for. Only scripts that were built run in them (Content-Security-Policy).
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Logger } from "@nestjs/common";
import type { NestExpressApplication } from "@nestjs/platform-express";
import type { NextFunction, Request, Response } from "express";
import sirv from "sirv";
import { asksForPage } from "./page-paths.ts";

const exported = fileURLToPath(
  new URL("../../../dashboard/out", import.meta.url),
);
/** What is named by its content never changes. */
const isImmutable = (path: string) => path.startsWith("/_next/static/");

export function servePages(app: NestExpressApplication): void {
  if (!existsSync(join(exported, "index.html"))) {
    new Logger("Pages").warn(
      "The dashboard is not built: only REST and socket.io are served. Run `npm run build` in Motif's folder.",
    );
    return;
  }
  const policies = new Map(
    readdirSync(exported)
      .filter((name) => name.endsWith(".html"))
      .map((name) => [name, policyOf(readFileSync(join(exported, name)))]),
  );
  const notFound = readFileSync(join(exported, "404.html"));
  const serve = sirv(exported, {
    extensions: ["html"],
    brotli: true,
    gzip: true,
    etag: true,
    setHeaders(response, path) {
      const isPage = !/\.\w+$/.test(path) || path.endsWith(".html");
      const name = path === "/" ? "index.html" : `${path.slice(1)}.html`;
      const policy = policies.get(
        path.endsWith(".html") ? path.slice(1) : name,
      );
      if (isPage && policy !== undefined)
        response.setHeader("Content-Security-Policy", policy);
      response.setHeader(
        "Cache-Control",
        isImmutable(path) ? "public, max-age=31536000, immutable" : "no-cache",
      );
    },
  });
  app.use((request: Request, response: Response, next: NextFunction) => {
    if (!asksForPage(request.method, request.path)) return next();
    serve(request, response, () => {
      response
        .status(404)
        .set("Content-Security-Policy", policies.get("404.html") ?? "")
        .set("Cache-Control", "no-cache")
        .type("html")
        .send(notFound);
    });
  });
}

/** Scripts of ours, and those within the page by their digests; everything else only from here. */
function policyOf(page: Buffer): string {
  const inline = page
    .toString()
    .matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g);
  const digests = [...inline].map(
    ([, text]) =>
      `'sha256-${createHash("sha256")
        .update(text ?? "")
        .digest("base64")}'`,
  );
  return [
    "default-src 'self'",
    `script-src 'self' ${[...new Set(digests)].join(" ")}`,
    // Components set sizes and places as they are measured.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");
}
