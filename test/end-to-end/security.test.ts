/**
 * Who is let in, tried on the real process: on loopback nobody who comes by another name or from another site; anywhere else
 * nobody without a token, on any route, stream or socket. Everything binds and dials this machine only.
 */
import { randomUUID } from "node:crypto";
import { request } from "node:http";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { credentials, Metadata, status } from "@grpc/grpc-js";
import { io } from "socket.io-client";
import {
  afterAll,
  beforeAll,
  describe,
  expect,
  it,
  onTestFailed,
} from "vitest";
import { ArtifactServiceClient } from "../../proto/index.ts";
import { runMotif } from "../harness/motif.ts";
import * as programs from "../harness/programs.ts";
import { RawNode } from "../harness/raw-node.ts";
import { send, type Method } from "../harness/rest.ts";
import { RunningProcess } from "../harness/running-process.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "motif-security-"));
  // As root, PostgreSQL runs as another user, who has to get in.
  await chmod(folder, 0o711);
});
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }));

const startUp = (name: string, ...args: string[]) =>
  new RunningProcess({
    name,
    program: programs.node,
    args: [
      ...[programs.controlPlane, "up", "--port", "0", "--grpc-port", "0"],
      ...["--json", ...args],
    ],
    logPath: join(folder, `${name}.log`),
  });

/** Fetch does not let Host be chosen. @returns the status */
function statusOf(
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const setHost = headers.host === undefined;
    const asked = request(url, { headers, setHost }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    asked.on("error", reject);
    asked.end();
  });
}

/** @returns why the socket was refused; null when it was let in */
function dialSocket(
  address: string,
  options: NonNullable<Parameters<typeof io>[1]>,
): Promise<string | null> {
  const socket = io(address, {
    reconnection: false,
    forceNew: true,
    timeout: 10_000,
    ...options,
  });
  return new Promise<string | null>((resolve) => {
    socket.on("connect", () => resolve(null));
    socket.on("connect_error", (error) => resolve(error.message));
  }).finally(() => socket.disconnect());
}

interface ApiRoute {
  readonly method: Method;
  readonly path: string;
}

/** Every route that the server says it has, with ids filled in, and what is served beside them. */
/** Served to everybody who comes under a name of the control plane. */
const pages = ["/", "/none"];

async function routesOf(address: string, token?: string): Promise<ApiRoute[]> {
  const { body, status: answered } = await send<{
    paths: Record<string, Record<string, unknown>>;
  }>(address, "GET", "/api/docs-json", undefined, bearer(token));
  expect(answered).toBe(200);
  const described = Object.entries(body.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({
      method: method.toUpperCase() as Method,
      path: path.replace(/\{\w+\}/g, "0".repeat(64)),
    })),
  );
  const further = ["/metrics", "/api/docs", "/api/docs-json", ...pages];
  return [
    ...described,
    ...further.map((path) => ({ method: "GET" as const, path })),
  ];
}

const bearer = (token?: string): Record<string, string> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` };

describe("on loopback", () => {
  let server: RunningProcess;
  let [url, grpc] = ["", ""];
  beforeAll(async () => {
    server = startUp("loopback", "--data-dir", join(folder, "data"));
    const line = await server.line("url");
    [url, grpc] = [String(line.url), String(line.grpc)];
  }, 60_000);
  afterAll(() => server?.stop());

  it("is the default: nothing else than loopback is bound", () => {
    expect(new URL(url).hostname).toBe("127.0.0.1");
    expect(grpc).toMatch(/^127\.0\.0\.1:/);
  });

  it("lets people of this machine in without a login", async () => {
    const { port } = new URL(url);
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`])
      expect(await statusOf(`${url}/api/jobs`, { host })).toBe(200);
    const origin = `http://localhost:${port}`;
    expect(await statusOf(`${url}/api/jobs`, { origin })).toBe(200);
    expect(await dialSocket(url, {})).toBeNull();
  });

  it.each([
    ["a Host that a page has pointed here", { host: "evil.example" }],
    ["a Host that only looks like ours", { host: "127.0.0.1.evil.example" }],
    ["another site's Origin", { origin: "https://evil.example" }],
    [
      "an Origin that only looks like ours",
      { origin: "http://localhost.evil.example" },
    ],
    ["a sandboxed page's Origin", { origin: "null" }],
  ])("refuses %s on every route and socket", async (_, headers) => {
    for (const { path } of await routesOf(url))
      expect([403, 400], path).toContain(
        await statusOf(`${url}${path}`, headers),
      );
    // By hand: the client's polling does not let Host be chosen either.
    const polling = "/socket.io/?EIO=4&transport=polling";
    expect([403, 400]).toContain(await statusOf(`${url}${polling}`, headers));
    const transports = ["websocket"];
    expect(
      await dialSocket(url, { transports, extraHeaders: headers }),
    ).not.toBeNull();
  });

  it("refuses whoever names no Host", async () => {
    expect(await statusOf(`${url}/api/jobs`, { host: "" })).toBe(403);
  });
});

describe("--host 0.0.0.0", () => {
  const bind = ["--host", "0.0.0.0"];

  it("refuses to start without credentials, and says how to make some", async () => {
    const data = join(folder, "without");
    const {
      status: ended,
      stderr,
      stdout,
    } = await runMotif(
      ...[
        "up",
        ...bind,
        "--port",
        "0",
        "--grpc-port",
        "0",
        "--data-dir",
        data,
        "--json",
      ],
    );
    expect(ended).toBe(1);
    expect(stderr).toMatch(/motif tokens create .*--scope admin/);
    expect(stderr).not.toContain("    at ");
    expect(stdout).not.toContain('"url"');
  });

  describe("with tokens", () => {
    let server: RunningProcess;
    let [url, grpc, admin] = ["", "", ""];
    beforeAll(async () => {
      const data = join(folder, "with");
      const made = await runMotif(
        ...["tokens", "create", "--name", "first", "--scope", "admin"],
        ...["--data-dir", data, "--json"],
      );
      admin = (JSON.parse(made.stdout) as { token: string }).token;
      server = startUp("everywhere", ...bind, "--data-dir", data);
      const line = await server.line("url");
      const local = (address: unknown) =>
        String(address).replace("0.0.0.0", "localhost");
      [url, grpc] = [local(line.url), local(line.grpc)];
    }, 60_000);
    afterAll(() => server?.stop());
    const logOnFailure = () => onTestFailed(() => console.error(server.log()));

    it("answers no route without a token, whatever Host and Origin say", async () => {
      logOnFailure();
      const routes = await routesOf(url, admin);
      expect(routes.length).toBeGreaterThan(25);
      for (const { method, path } of routes) {
        if (path === "/api/health/live" || pages.includes(path)) continue;
        const answer = await send<{ status: number }>(url, method, path);
        expect(answer.status, `${method} ${path}`).toBe(401);
        expect(answer.headers.get("content-type")).toContain("problem+json");
        expect(answer.headers.get("www-authenticate")).toBe("Bearer");
      }
      // The dashboard's files hold nothing but programs; they ask for the token.
      for (const path of pages) {
        const answer = await send<string>(url, "GET", path);
        expect([path, answer.status]).toEqual([path, path === "/" ? 200 : 404]);
        expect(answer.headers.get("content-type")).toContain("text/html");
        expect(answer.headers.get("content-security-policy")).toContain(
          "default-src 'self'",
        );
        expect((await send(url, "POST", path)).status).toBe(401);
      }
      const { port } = new URL(url);
      const local = {
        host: `localhost:${port}`,
        origin: `http://localhost:${port}`,
      };
      expect(await statusOf(`${url}/api/jobs`, local)).toBe(401);
    });

    it("answers every route with one", async () => {
      logOnFailure();
      for (const path of [
        "/api/jobs",
        "/api/nodes",
        "/api/audit",
        "/metrics",
        "/api/docs-json",
      ])
        expect(
          (await send(url, "GET", path, undefined, bearer(admin))).status,
          path,
        ).toBe(200);
    });

    it("holds each token to its scope, and a withdrawn one to nothing", async () => {
      logOnFailure();
      const make = async (scope: string) =>
        (
          await send<{ token: string; id: string }>(
            url,
            "POST",
            "/api/tokens",
            { name: `a ${scope}`, scopes: [scope], days: 1 },
            bearer(admin),
          )
        ).body;
      const reader = await make("read");
      const asReader = (method: Method, path: string, body?: unknown) =>
        send(url, method, path, body, bearer(reader.token)).then(
          (a) => a.status,
        );
      expect(await asReader("GET", "/api/jobs")).toBe(200);
      const job = { kind: "noop", shards: 1, waitMs: 0 };
      expect(await asReader("POST", "/api/jobs", job)).toBe(403);
      const token = { name: "more", scopes: ["admin"], days: 1 };
      expect(await asReader("POST", "/api/tokens", token)).toBe(403);
      const writer = await make("write");
      const asWriter = (path: string, body: unknown) =>
        send(url, "POST", path, body, bearer(writer.token)).then(
          (a) => a.status,
        );
      expect(await asWriter("/api/jobs", job)).toBe(201);
      expect(await asWriter("/api/tokens", token)).toBe(403);
      expect(
        await asWriter("/api/models", { path: "/etc/passwd", dataset: "none" }),
      ).toBe(403);

      const path = `/api/tokens/${reader.id}`;
      await send(url, "DELETE", path, undefined, bearer(admin));
      expect(await asReader("GET", "/api/jobs")).toBe(401);
    });

    it("opens no socket without a token, and one with it", async () => {
      logOnFailure();
      for (const transport of ["polling", "websocket"]) {
        const transports = [transport];
        expect(await dialSocket(url, { transports }), transport).not.toBeNull();
        const wrong = { token: "wrong" };
        expect(
          await dialSocket(url, { transports, auth: wrong }),
          transport,
        ).not.toBeNull();
        const right = { token: admin };
        expect(
          await dialSocket(url, { transports, auth: right }),
          transport,
        ).toBeNull();
      }
    });

    it("opens no gRPC stream without the node's own credential, nor without TLS", async () => {
      logOnFailure();
      const plain = new RawNode(grpc);
      expect((await plain.refusal()).code).toBe(status.UNAVAILABLE);
      plain.close();
      const tls = credentials.createSsl(null, null, null, {
        // Who the server is, is the node's question, and tried elsewhere.
        rejectUnauthorized: false,
      });
      for (const secret of [undefined, "wrong", admin]) {
        const metadata = new Metadata();
        if (secret !== undefined)
          metadata.set("authorization", `Bearer ${secret}`);
        const node = new RawNode(grpc, {}, { credentials: tls, metadata });
        expect((await node.refusal()).code).toBe(status.UNAUTHENTICATED);
        node.close();
        const artifacts = new ArtifactServiceClient(grpc, tls);
        const find = () =>
          new Promise<number>((resolve) =>
            artifacts.find({ sha256: ["0".repeat(64)] }, metadata, (error) =>
              resolve(error?.code ?? status.OK),
            ),
          );
        const download = () =>
          new Promise<number>((resolve) => {
            const stream = artifacts.download(
              { sha256: "0".repeat(64), offset: 0 },
              metadata,
            );
            stream.on("data", () => {});
            stream.on("end", () => resolve(status.OK));
            stream.on("error", (error: { code?: number }) =>
              resolve(error.code ?? -1),
            );
          });
        const upload = () =>
          new Promise<number>((resolve) => {
            const stream = artifacts.upload(metadata, (error) =>
              resolve(error?.code ?? status.OK),
            );
            stream.on("error", () => {});
            stream.end({
              body: {
                $case: "header",
                value: {
                  sha256: "0".repeat(64),
                  bytes: 1,
                  mediaType: "",
                  offset: 0,
                },
              },
            });
          });
        expect([await find(), await download(), await upload()]).toEqual(
          Array(3).fill(status.UNAUTHENTICATED),
        );
        artifacts.close();
      }
    });

    it("slows down whoever tries tokens, and not whoever has one", async () => {
      logOnFailure();
      const statuses = new Set<number>();
      for (let i = 0; i < 40; i++)
        statuses.add(
          (await send(url, "GET", "/api/jobs", undefined, bearer(randomUUID())))
            .status,
        );
      expect([...statuses].sort()).toEqual([401, 429]);
      expect(
        (await send(url, "GET", "/api/jobs", undefined, bearer(admin))).status,
      ).toBe(200);
    });
  });
});
