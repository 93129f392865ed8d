/** Starts a control plane in this process: everything behind one address for people, and one for compute nodes. */
import "reflect-metadata";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { NestFactory } from "@nestjs/core";
import type { NestExpressApplication } from "@nestjs/platform-express";
import { Logger } from "nestjs-pino";
import { AppModule } from "./app.module.ts";
import {
  type Configuration,
  isLoopback,
} from "./configuration/configuration.ts";
import { ControlPlaneError } from "./control-plane-error.ts";
import { DATABASE, type Database } from "./database/database.ts";
import { RpcEdge } from "./rpc/rpc-edge.ts";
import { servePages } from "./pages/serve-pages.ts";
import { requireAdminToken } from "./require-admin-token.ts";
import {
  configureRest,
  restApplicationOptions,
} from "./rest/configure-rest.ts";

export interface ControlPlane {
  /** Where it listens; what the configuration says, except for port 0. */
  readonly port: number;
  /** Where compute nodes dial; as `port`. */
  readonly grpcPort: number;
  /**
   * Stops taking requests, lets go of the nodes, ends what is under way, closes the database.
   * @param withinMs requests that take half of it are broken off; it returns after it, whatever hangs
   */
  close(withinMs: number): Promise<void>;
}

/** @throws ControlPlaneError where an address is taken, the database cannot be used, or credentials are missing */
export async function startControlPlane(
  configuration: Configuration,
): Promise<ControlPlane> {
  const { host, port } = configuration;
  const app = await NestFactory.create<NestExpressApplication>(
    AppModule.with(configuration),
    {
      ...restApplicationOptions,
      bufferLogs: true,
      autoFlushLogs: false,
      abortOnError: false,
    },
  );
  app.useLogger(app.get(Logger));
  app.flushLogs();
  configureRest(app);
  servePages(app);
  const server = app.getHttpServer();
  try {
    if (!isLoopback(host))
      await requireAdminToken(app.get<Database>(DATABASE), configuration);
    await app.listen(port, host);
  } catch (error) {
    await app.close().catch(() => {});
    throw explainListening(error, host, port);
  }
  return {
    port: (server.address() as AddressInfo).port,
    grpcPort: app.get(RpcEdge).port ?? configuration.grpcPort,
    async close(withinMs) {
      const breakOff = setTimeout(
        () => server.closeAllConnections(),
        withinMs / 2,
      );
      const closing = app.close();
      // What closes after its time is up, or fails to, is nobody's.
      closing.catch(() => {});
      try {
        await Promise.race([
          closing,
          sleep(withinMs, undefined, { ref: false }),
        ]);
      } finally {
        clearTimeout(breakOff);
      }
    },
  };
}

function explainListening(error: unknown, host: string, port: number): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (syscall !== "listen" && syscall !== "getaddrinfo") return error;
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: `port ${port} is in use by another process. Stop it, or choose another with --port`,
    EACCES: `port ${port} is not for this user. Choose one from 1024 with --port`,
    EADDRNOTAVAIL: `this machine has no address ${host}. Choose one that it has with --host`,
    ENOTFOUND: `there is no host ${host}. Choose an address of this machine with --host`,
  };
  const reason = reasons[code ?? ""] ?? (error as Error).message;
  return new ControlPlaneError(
    "unavailable",
    `Motif cannot listen on ${host}:${port}: ${reason}.`,
    { cause: error },
  );
}
