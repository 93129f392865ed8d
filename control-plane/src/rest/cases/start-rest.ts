/** A control plane for tests of what it serves: the real Nest application on a database of its own, over real HTTP. */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NestFactory } from "@nestjs/core";
import type { NestExpressApplication } from "@nestjs/platform-express";
import { newTestDatabase } from "../../../../test/harness/postgres.ts";
import { AppModule } from "../../app.module.ts";
import type { Configuration } from "../../configuration/configuration.ts";
import { DATABASE, type Database } from "../../database/database.ts";
import { configureRest, restApplicationOptions } from "../configure-rest.ts";

export interface RunningRest {
  readonly app: NestExpressApplication;
  readonly database: Database;
  /** By way of loopback, whatever the bind. */
  readonly url: string;
  /** A folder of the test's own. */
  readonly directory: string;
  /** @returns status, headers and body, parsed where it is JSON */
  request<T = unknown>(
    path: string,
    options?: RestRequest,
  ): Promise<RestAnswer<T>>;
  close(): Promise<void>;
}

export interface RestRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, instead. */
  readonly text?: string;
}

export interface RestAnswer<T> {
  readonly status: number;
  readonly headers: Headers;
  /** What the test expects it to be, unchecked. */
  readonly body: T;
}

/** @param changes to the configuration, which binds loopback */
export async function startRest(
  changes: Partial<Configuration> = {},
): Promise<RunningRest> {
  const testDatabase = await newTestDatabase();
  const directory = await mkdtemp(join(tmpdir(), "motif-rest-"));
  const configuration: Configuration = {
    replicaId: randomUUID(),
    dataDirectory: directory,
    databaseUrl: testDatabase.url,
    host: "127.0.0.1",
    port: 0,
    grpcHost: "127.0.0.1",
    grpcPort: 0,
    publicNames: [],
    largestArtifactBytes: 2 ** 20,
    logLevel: "silent",
    ...changes,
  };
  const app = await NestFactory.create<NestExpressApplication>(
    AppModule.with(configuration),
    { ...restApplicationOptions, logger: false, abortOnError: false },
  );
  configureRest(app);
  await app.listen(0, configuration.host);
  const server = app.getHttpServer();
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return {
    app,
    database: app.get<Database>(DATABASE),
    url,
    directory,
    request: <T>(path: string, options?: RestRequest) =>
      request<T>(url, path, options),
    async close() {
      server.closeAllConnections();
      await app.close();
      await testDatabase.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function request<T>(
  url: string,
  path: string,
  { method = "GET", headers = {}, body, text: given }: RestRequest = {},
): Promise<RestAnswer<T>> {
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(body !== undefined && { "content-type": "application/json" }),
      ...headers,
    },
    ...(given !== undefined && { body: given }),
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get("content-type") ?? "");
  return {
    status: response.status,
    headers: response.headers,
    body: (isJson && text !== "" ? JSON.parse(text) : text) as T,
  };
}
