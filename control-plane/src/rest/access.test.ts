/** Who may do what, on every route and socket: the routes are those of the application, so that none can be forgotten. */
import { get } from "node:http";
import { io, type Socket } from "socket.io-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createToken, revokeToken } from "../auth/api-tokens.ts";
import { scopes, type Scope } from "../auth/caller.ts";
import { startRest, type RunningRest } from "./cases/start-rest.ts";
import { describeApi } from "./open-api.ts";

interface Route {
  readonly method: string;
  readonly path: string;
}

const anId = "00000000-0000-4000-8000-000000000000";

/** Of the OpenAPI document, and what is served beside it. */
function listRoutes({ app }: RunningRest): readonly Route[] {
  const described = Object.entries(describeApi(app).paths).flatMap(
    ([path, operations]) =>
      Object.keys(operations).map((method) => ({
        method: method.toUpperCase(),
        path: path.replaceAll(/\{\w+\}/g, anId),
      })),
  );
  const besides = [
    "/api/docs",
    "/api/docs/",
    "/api/docs/index.html",
    "/api/docs/swagger-ui.css",
    "/api/docs/swagger-ui-init.js",
    "/api/docs-json",
    "/metrics",
    "/API/jobs",
    "/Metrics",
  ];
  return [
    ...described,
    ...besides.map((path) => ({ method: "GET", path })),
  ].filter(({ path }) => path !== "/api/health/live");
}

/** Changes nothing that others see. */
const isForReaders = (path: string) =>
  path === "/api/session" || path === "/api/jobs/estimate";

const admin = { actor: "test", address: null };

const newToken = async (
  { database }: RunningRest,
  scope: Scope,
  days = 1,
): Promise<{ readonly secret: string; readonly id: string }> => {
  const { secret, token } = await createToken(
    database,
    { name: `a ${scope} token`, scopes: [scope], days },
    admin,
  );
  return { secret, id: token.id };
};

const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });

/** @returns undefined where it connected, else why it did not */
async function connect(
  url: string,
  options: Parameters<typeof io>[1],
): Promise<{ readonly message: string; readonly data?: unknown } | undefined> {
  const socket: Socket = io(url, {
    forceNew: true,
    reconnection: false,
    ...options,
  });
  try {
    return await new Promise((resolve) => {
      socket.on("connect", () => resolve(undefined));
      socket.on("connect_error", resolve);
    });
  } finally {
    socket.disconnect();
  }
}

const transports = ["polling", "websocket"];

describe("a bind that other machines can reach", () => {
  let rest: RunningRest;
  beforeAll(async () => {
    rest = await startRest({ host: "0.0.0.0" });
  });
  afterAll(() => rest.close());

  test("refuses every route without a token", async () => {
    const routes = listRoutes(rest);
    expect(routes.length).toBeGreaterThan(25);
    for (const { method, path } of routes) {
      const { status, body, headers } = await rest.request(path, { method });
      expect([method, path, status]).toEqual([method, path, 401]);
      expect(body).toMatchObject({ status: 401, code: "unauthenticated" });
      expect(headers.get("content-type")).toMatch("application/problem+json");
      expect(headers.get("www-authenticate")).toBe("Bearer");
    }
  });

  test("refuses sockets without a token, or with a wrong one", async () => {
    for (const transport of transports)
      for (const auth of [{}, { token: "motif_wrong" }, { token: 1 }])
        expect(
          await connect(rest.url, { transports: [transport], auth }),
        ).toMatchObject({ data: { status: 401 } });
  });

  test("lets sockets in with a token, in the header or in the handshake", async () => {
    const { secret } = await newToken(rest, "read");
    for (const transport of transports) {
      const common = { transports: [transport] };
      expect(
        await connect(rest.url, { ...common, auth: { token: secret } }),
      ).toBeUndefined();
      expect(
        await connect(rest.url, { ...common, extraHeaders: bearer(secret) }),
      ).toBeUndefined();
    }
  });

  test("has nothing but the dashboard's files for everybody, and here are none", async () => {
    for (const path of ["/", "/anything", "//api/jobs", "/%61pi/jobs"])
      expect([path, (await rest.request(path)).status]).toEqual([path, 404]);
    expect((await rest.request("/", { method: "POST" })).status).toBe(401);
  });

  test("keeps who logs in by browser in a cookie that only its own pages send", async () => {
    const { secret, id } = await newToken(rest, "write");
    const { host } = new URL(rest.url);
    const begun = await rest.request("/api/session", {
      method: "POST",
      headers: bearer(secret),
    });
    expect(begun.status).toBe(204);
    const set = begun.headers.get("set-cookie") ?? "";
    expect(set).toMatch(/; HttpOnly/);
    expect(set).toMatch(/; SameSite=Strict/);
    expect(set).not.toMatch(/; Secure/);
    const cookie = set.split(";")[0]!;
    const ask = async (method: string, path: string, headers = {}) =>
      (await rest.request(path, { method, headers: { cookie, ...headers } }))
        .status;
    expect(
      (await rest.request("/api/session", { headers: { cookie } })).body,
    ).toEqual({ isLoginFree: false, actor: "a write token", scope: "write" });
    const own = { origin: `http://${host}` };
    expect(await ask("GET", "/api/jobs")).toBe(200);
    expect(await ask("GET", "/api/jobs", own)).toBe(200);
    expect(await ask("POST", "/api/jobs", own)).toBe(422);
    expect(await ask("GET", "/api/tokens", own)).toBe(403);
    // Browsers say where a change comes from; what does not say it is none of our pages.
    expect(await ask("POST", "/api/jobs")).toBe(401);
    for (const origin of [
      "http://evil.example",
      "null",
      `http://${host.replace(/\d+$/, "1")}`,
      `http://sister.${host}`,
    ])
      for (const method of ["GET", "POST"])
        expect([origin, await ask(method, "/api/jobs", { origin })]).toEqual([
          origin,
          401,
        ]);
    for (const transport of transports) {
      const common = { transports: [transport] };
      expect(
        await connect(rest.url, {
          ...common,
          extraHeaders: { cookie, ...own },
        }),
      ).toBeUndefined();
      expect(
        await connect(rest.url, {
          ...common,
          extraHeaders: { cookie, origin: "http://evil.example" },
        }),
      ).toMatchObject({ data: { status: 401 } });
    }
    const ended = await rest.request("/api/session", {
      method: "DELETE",
      headers: { cookie, ...own },
    });
    expect(ended.status).toBe(204);
    expect(ended.headers.get("set-cookie")).toMatch(
      /^motif_session=; Max-Age=0; Path=\//,
    );
    await revokeToken(rest.database, id, { ...admin, scope: "admin" });
    const over = await rest.request("/api/jobs", { headers: { cookie } });
    expect(over.status).toBe(401);
    expect(over.headers.get("set-cookie")).toMatch(
      /^motif_session=; Max-Age=0/,
    );
  });

  test("says that it lives to everybody", async () => {
    expect(await rest.request("/api/health/live")).toMatchObject({
      status: 200,
    });
  });

  test("refuses tokens that expired, were withdrawn, or never were", async () => {
    const expired = await newToken(rest, "admin", 1e-9);
    const revoked = await newToken(rest, "admin");
    expect(
      (await rest.request("/api/jobs", { headers: bearer(revoked.secret) }))
        .status,
    ).toBe(200);
    await revokeToken(rest.database, revoked.id, { ...admin, scope: "admin" });
    for (const header of [
      bearer(expired.secret),
      bearer(revoked.secret),
      bearer("motif_never"),
      bearer(""),
      { authorization: `Basic ${Buffer.from("a:b").toString("base64")}` },
      { authorization: "Bearer a b" },
    ])
      expect(
        (await rest.request("/api/jobs", { headers: header })).status,
      ).toBe(401);
  });

  test("holds every route against the scope it needs", async () => {
    const tokens = new Map<Scope, string>();
    for (const scope of scopes)
      tokens.set(scope, (await newToken(rest, scope)).secret);
    const needsAdmin =
      /^((DELETE|POST) \/api\/nodes|\w+ \/api\/(tokens|join-tokens|audit))\b/;
    for (const { method, path } of listRoutes(rest)) {
      const needed: Scope = needsAdmin.test(`${method} ${path}`)
        ? "admin"
        : method === "GET" || isForReaders(path)
          ? "read"
          : "write";
      for (const [scope, secret] of tokens) {
        const { status } = await rest.request(path, {
          method,
          headers: bearer(secret),
        });
        const isRefused = scopes.indexOf(scope) < scopes.indexOf(needed);
        expect([method, path, scope, status === 403]).toEqual([
          method,
          path,
          scope,
          isRefused,
        ]);
        expect(status).not.toBe(401);
        expect(status).toBeLessThan(500);
      }
    }
  });

  test("a path on the server's machine is for administrators", async () => {
    const { secret } = await newToken(rest, "write");
    for (const [path, body] of [
      ["/api/datasets", { name: "d", path: "/etc" }],
      ["/api/models", { path: "/etc/model.onnx", dataset: "d" }],
    ] as const)
      expect(
        await rest.request(path, {
          method: "POST",
          headers: bearer(secret),
          body,
        }),
      ).toMatchObject({ status: 403, body: { code: "forbidden" } });
  });

  test("tokens are shown once, listed without their secret, and noted when used", async () => {
    const headers = bearer((await newToken(rest, "admin")).secret);
    const created = await rest.request("/api/tokens", {
      method: "POST",
      headers,
      body: { name: "ci", scopes: ["read"], days: 7 },
    });
    expect(created.status).toBe(201);
    const { token, id } = created.body as { token: string; id: string };
    expect(
      (await rest.request("/api/jobs", { headers: bearer(token) })).status,
    ).toBe(200);
    const listed = await rest.request("/api/tokens", { headers });
    expect(JSON.stringify(listed.body)).not.toContain(token);
    expect(listed.body).toContainEqual(
      expect.objectContaining({
        id,
        name: "ci",
        scopes: ["read"],
        lastUsedAt: expect.any(String) as string,
        revokedAt: null,
      }),
    );
    const { rows } = await rest.database.pool.query<{ row: string }>(
      "SELECT api_token::text AS row FROM api_token",
    );
    expect(rows.map(({ row }) => row).join()).not.toContain(
      token.replace(/^motif_/, ""),
    );
    const removed = await rest.request(`/api/tokens/${id}`, {
      method: "DELETE",
      headers,
    });
    expect(removed.status).toBe(204);
    const audit = await rest.request<unknown[]>("/api/audit", { headers });
    expect(audit.body.slice(0, 2)).toMatchObject([
      { action: "token.revoke", subject: id, actor: "a admin token" },
      { action: "token.create", subject: id, actor: "a admin token" },
    ]);
  });

  test("slows down who tries tokens, and nobody whose token was good", async () => {
    const { secret } = await newToken(rest, "read");
    const attempt = (text: string) =>
      rest.request("/api/jobs", { headers: bearer(text) });
    expect((await attempt(secret)).status).toBe(200);
    let last = await attempt("motif_guess");
    for (let i = 0; i < 40 && last.status === 401; i++)
      last = await attempt(`motif_guess${i}`);
    expect(last.status).toBe(429);
    expect(Number(last.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await attempt(secret)).status).toBe(200);
  });
});

describe("loopback", () => {
  let rest: RunningRest;
  beforeAll(async () => {
    rest = await startRest({ publicNames: ["motif.example"] });
  });
  afterAll(() => rest.close());

  /** fetch does not send another Host. */
  const statusWith = (
    path: string,
    headers: Record<string, string>,
    method = "GET",
  ) =>
    new Promise<number | undefined>((resolve, reject) => {
      const url = new URL(path, rest.url);
      get(url, { method, headers, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on("error", reject);
    });

  const strangers: readonly Record<string, string>[] = [
    { host: "evil.example" },
    { host: "127.0.0.1.evil.example" },
    { origin: "http://evil.example" },
    { origin: "https://localhost.evil.example" },
    { origin: "null" },
    { origin: "file://" },
  ];

  test("refuses every route under another Host, or for a page of another Origin", async () => {
    const routes = [
      ...listRoutes(rest),
      { method: "GET", path: "/api/health/live" },
    ];
    for (const { method, path } of routes)
      for (const headers of strangers)
        expect([
          method,
          path,
          headers,
          await statusWith(path, headers, method),
        ]).toEqual([method, path, headers, 403]);
  });

  test("refuses sockets under another Host or Origin", async () => {
    for (const extraHeaders of strangers) {
      expect(
        await connect(rest.url, { transports: ["websocket"], extraHeaders }),
      ).toBeDefined();
      expect([
        extraHeaders,
        await statusWith("/socket.io/?EIO=4&transport=polling", extraHeaders),
      ]).toEqual([extraHeaders, 403]);
    }
  });

  test("asks nobody for a login who comes under one of its names", async () => {
    for (const headers of <Record<string, string>[]>[
      {},
      { host: "localhost" },
      { host: "LOCALHOST:3000" },
      { host: "[::1]:3000" },
      { host: "127.0.0.9" },
      { host: "motif.example" },
      { origin: "http://localhost:3000" },
      { origin: "https://motif.example" },
    ])
      expect([headers, await statusWith("/api/tokens", headers)]).toEqual([
        headers,
        200,
      ]);
    for (const transport of transports)
      expect(
        await connect(rest.url, { transports: [transport] }),
      ).toBeUndefined();
  });

  test("answers no preflight of another site", async () => {
    const { headers } = await rest.request("/api/jobs", { method: "OPTIONS" });
    expect(headers.get("access-control-allow-origin")).toBeNull();
  });
});
