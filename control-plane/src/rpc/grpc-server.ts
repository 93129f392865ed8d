/**
 * The address for compute nodes. Plain on loopback; on anything else TLS with a certificate of this control plane's authority, and
 * every call has to bring a node's credential.
 */
import { hostname, networkInterfaces } from "node:os";
import { join } from "node:path";
import {
  Server,
  ServerCredentials,
  type ServerInterceptor,
} from "@grpc/grpc-js";
import {
  ArtifactServiceService,
  EnrollmentServiceService,
  NodeServiceService,
  type ArtifactServiceServer,
  type EnrollmentServiceServer,
  type NodeServiceServer,
} from "@motif/proto";
import {
  newServerCertificate,
  openCertificateAuthority,
} from "../auth/certificates.ts";
import { verifyCredential } from "../auth/node-credentials.ts";
import {
  isLoopback,
  type Configuration,
} from "../configuration/configuration.ts";
import { ControlPlaneError } from "../control-plane-error.ts";
import type { Database } from "../database/database.ts";
import {
  newCredentialInterceptor,
  newOpenInterceptor,
} from "./credential-interceptor.ts";
import type { Health } from "./health.ts";

const messageBytes = 4 * 2 ** 20;
/** Calls at once on one connection; a node needs a conversation and some transfers. */
const mostStreams = 64;

const options = {
  "grpc.max_receive_message_length": messageBytes,
  "grpc.max_send_message_length": messageBytes,
  "grpc.max_concurrent_streams": mostStreams,
  "grpc.keepalive_time_ms": 20_000,
  "grpc.keepalive_timeout_ms": 10_000,
  "grpc.keepalive_permit_without_calls": 1,
} as const;

export interface Services {
  readonly node: NodeServiceServer;
  readonly artifact: ArtifactServiceServer;
  readonly enrollment: EnrollmentServiceServer;
  readonly health: Health;
}

export interface GrpcServer {
  /** Where it listens; what the configuration says, except for port 0. */
  readonly port: number;
  /** Takes no more calls, and ends those that last longer than this. */
  close(withinMs: number): Promise<void>;
}

/** @throws ControlPlaneError where the address cannot be had */
export async function startGrpcServer(
  configuration: Configuration,
  database: Database,
  services: Services,
): Promise<GrpcServer> {
  const { grpcHost: host, grpcPort: port } = configuration;
  const isOpen = isLoopback(host);
  const server = new Server({
    ...options,
    interceptors: [isOpen ? newOpenInterceptor() : newGuard(database)],
  });
  server.addService(NodeServiceService, services.node);
  server.addService(ArtifactServiceService, services.artifact);
  server.addService(EnrollmentServiceService, services.enrollment);
  services.health.addTo(server);
  const credentials = isOpen
    ? ServerCredentials.createInsecure()
    : await newTlsCredentials(configuration);
  const address = `${host.includes(":") && !host.startsWith("[") ? `[${host}]` : host}:${port}`;
  const bound = await new Promise<number>((resolve, reject) =>
    server.bindAsync(address, credentials, (error, boundPort) =>
      error === null
        ? resolve(boundPort)
        : reject(
            new ControlPlaneError(
              "unavailable",
              `Motif cannot listen for compute nodes on ${address}: ${error.message}. Stop what is there, or choose another address with --grpc-host and --grpc-port.`,
              { cause: error },
            ),
          ),
    ),
  );
  return {
    port: bound,
    close: (withinMs) =>
      new Promise((resolve) => {
        const late = setTimeout(() => server.forceShutdown(), withinMs);
        server.tryShutdown(() => {
          clearTimeout(late);
          resolve();
        });
      }),
  };
}

function newGuard(database: Database): ServerInterceptor {
  return newCredentialInterceptor((authorization) =>
    verifyCredential(database.pool, authorization),
  );
}

async function newTlsCredentials(
  configuration: Configuration,
): Promise<ServerCredentials> {
  const now = new Date();
  const authority = await openCertificateAuthority(
    join(configuration.dataDirectory, "tls"),
    now,
  );
  const { chain, key } = await newServerCertificate(
    authority,
    [
      ...configuration.publicNames,
      ...(isWildcard(configuration.grpcHost) ? [] : [configuration.grpcHost]),
      ...ownNames(),
    ],
    now,
  );
  return ServerCredentials.createSsl(null, [
    { private_key: Buffer.from(key), cert_chain: Buffer.from(chain) },
  ]);
}

const isWildcard = (host: string): boolean =>
  host === "0.0.0.0" || host === "::" || host === "[::]";

/** What this machine is called, by itself and in its networks. */
function ownNames(): readonly string[] {
  const addresses = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    // Those of one link only (fe80::…) cannot be dialled without naming the link.
    .filter(({ scopeid }) => !scopeid)
    .map(({ address }) => address);
  return [hostname(), ...addresses];
}
