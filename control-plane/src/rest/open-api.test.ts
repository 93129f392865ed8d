/** The API's description: complete, of itself, and from this process alone. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startRest, type RunningRest } from "./cases/start-rest.ts";

let rest: RunningRest;
beforeAll(async () => {
  rest = await startRest();
});
afterAll(() => rest.close());

interface Operation {
  readonly operationId?: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
  }[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema?: object }>>;
  };
  readonly responses: Readonly<Record<string, unknown>>;
}

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

/** What clients rely on. */
const promised = [
  "POST /api/artifacts",
  "GET /api/artifacts/{sha256}",
  "POST /api/datasets",
  "GET /api/datasets",
  "GET /api/datasets/{idOrName}",
  "POST /api/models",
  "GET /api/models",
  "GET /api/models/{idOrName}",
  "POST /api/models/{idOrName}/checks",
  "POST /api/jobs",
  "GET /api/jobs",
  "GET /api/jobs/{id}",
  "GET /api/jobs/{id}/shards",
  "POST /api/jobs/{id}/cancel",
  "POST /api/jobs/{id}/pause",
  "POST /api/jobs/{id}/resume",
  "GET /api/jobs/{id}/events",
  "GET /api/jobs/{id}/result",
  "GET /api/jobs/{id}/patterns",
  "GET /api/patterns/{id}",
  "GET /api/patterns/{id}/sheet.png",
  "GET /api/models/{idOrName}/jobs",
  "GET /api/datasets/{idOrName}/models",
  "GET /api/datasets/{idOrName}/audits",
  "GET /api/events",
  "GET /api/nodes",
  "POST /api/tokens",
  "GET /api/tokens",
  "DELETE /api/tokens/{id}",
  "POST /api/join-tokens",
  "GET /api/audit",
  "GET /api/health/live",
  "GET /api/health/ready",
  "GET /metrics",
];

test("every route is described, with what it takes and answers", async () => {
  const { body: document } = await rest.request<Document>("/api/docs-json");
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      route: `${method.toUpperCase()} ${path}`,
      path,
      operation,
    })),
  );
  const routes = operations.map(({ route }) => route);
  expect(routes).toEqual(expect.arrayContaining(promised));
  const ids = operations.map(({ operation }) => operation.operationId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { route, path, operation } of operations) {
    const inPath = (operation.parameters ?? [])
      .filter((parameter) => parameter.in === "path")
      .map(({ name }) => name);
    expect([route, inPath]).toEqual([
      route,
      [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
    ]);
    for (const { schema } of Object.values(
      operation.requestBody?.content ?? {},
    ))
      expect(Object.keys(schema ?? {}).length).toBeGreaterThan(0);
  }
  // Whatever is referred to is in the document.
  const text = JSON.stringify(document);
  for (const [, reference] of text.matchAll(/"\$ref":"#([^"]+)"/g)) {
    const found = reference!
      .split("/")
      .slice(1)
      .reduce<unknown>(
        (at, key) => (at as Record<string, unknown> | undefined)?.[key],
        document,
      );
    expect([reference, found]).not.toEqual([reference, undefined]);
  }
});

test("control-plane/open-api.json is what the server says; npm run open-api writes it", async () => {
  const { body: document } = await rest.request("/api/docs-json");
  const committed = await readFile(
    new URL("../../open-api.json", import.meta.url),
    "utf8",
  );
  expect(document).toEqual(JSON.parse(committed));
});

test("its pages take everything from here", async () => {
  const { body: page, headers } = await rest.request<string>("/api/docs");
  expect(headers.get("content-type")).toContain("text/html");
  const assets = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(
    ([, asset]) => asset!,
  );
  const files = assets.filter((asset) => !asset.startsWith("#"));
  expect(files.length).toBeGreaterThan(3);
  for (const file of files) {
    const { origin, pathname } = new URL(file, `${rest.url}/api/docs`);
    expect(origin).toBe(rest.url);
    expect([file, (await rest.request(pathname)).status]).toEqual([file, 200]);
  }
});
