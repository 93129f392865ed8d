/** Bound to anything but loopback: TLS, single-use join tokens, and nothing without a credential. */
import { randomUUID, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { connect } from "node:tls";
import {
  credentials,
  Metadata,
  status as codes,
  type ChannelCredentials,
  type Client,
} from "@grpc/grpc-js";
import {
  ArtifactServiceClient,
  EnrollmentServiceClient,
  NodeServiceClient,
} from "@motif/proto";
import { afterAll, expect, test } from "vitest";
import {
  fingerprintOf,
  openCertificateAuthority,
} from "../auth/certificates.ts";
import { createJoinToken } from "../auth/join-tokens.ts";
import { revokeCredential } from "../auth/node-credentials.ts";
import { startEdge } from "./cases/start-edge.ts";
import { ScriptedNode } from "./cases/scripted-node.ts";

const edge = await startEdge({ grpcHost: "0.0.0.0" });
const clients: Client[] = [];
const nodes: ScriptedNode[] = [];
afterAll(async () => {
  for (const open of [...clients, ...nodes]) open.close();
  await edge.close();
});

const person = { actor: "tester", address: null };
const { fingerprint } = await openCertificateAuthority(
  join(edge.dataDirectory, "tls"),
  new Date(),
);
const certificateAuthority = await fetchAuthority();
const tls = credentials.createSsl(Buffer.from(certificateAuthority));
const enrollment = keep(new EnrollmentServiceClient(edge.address, tls));

function keep<Open extends Client>(client: Open): Open {
  clients.push(client);
  return client;
}

/** As a joining node does it: what the server shows is held against the token's fingerprint. */
async function fetchAuthority(): Promise<string> {
  const [host, port] = edge.address.split(":");
  const socket = connect({
    host,
    port: Number(port),
    ALPNProtocols: ["h2"],
    rejectUnauthorized: false,
  });
  await once(socket, "secureConnect");
  const { raw } = socket.getPeerCertificate(true).issuerCertificate;
  socket.destroy();
  expect(fingerprintOf(raw)).toBe(fingerprint);
  return new X509Certificate(raw).toString();
}

const newToken = async (hours = 1): Promise<string> =>
  (await createJoinToken(edge.database, hours, fingerprint, person)).token;

const joinWith = (joinToken: string, nodeId: string): Promise<string> =>
  new Promise((resolve, reject) =>
    enrollment.join({ joinToken, nodeId, name: "far" }, (error, response) =>
      error === null ? resolve(response.credential) : reject(error),
    ),
  );

const withCredential = (credential: string): ChannelCredentials =>
  credentials.combineChannelCredentials(
    tls,
    credentials.createFromMetadataGenerator((_, done) => {
      const metadata = new Metadata();
      metadata.set("authorization", `Bearer ${credential}`);
      done(null, metadata);
    }),
  );

function newNode(
  channelCredentials: ChannelCredentials,
  nodeId = randomUUID(),
): ScriptedNode {
  const node = new ScriptedNode(edge.address, { nodeId }, channelCredentials);
  nodes.push(node);
  return node;
}

const find = (channelCredentials: ChannelCredentials): Promise<unknown> =>
  new Promise((resolve, reject) =>
    keep(new ArtifactServiceClient(edge.address, channelCredentials)).find(
      { sha256: [] },
      (error, response) => (error === null ? resolve(response) : reject(error)),
    ),
  );

const unauthenticated: unknown = expect.objectContaining({
  code: codes.UNAUTHENTICATED,
});

test("a node joins with a token and works with its credential", async () => {
  const nodeId = randomUUID();
  const credential = await joinWith(await newToken(), nodeId);
  const channelCredentials = withCredential(credential);
  const node = newNode(channelCredentials, nodeId);
  await node.greet();
  expect(await node.beat(1)).toMatchObject({ sequence: 1 });
  expect(await find(channelCredentials)).toEqual({ artifacts: [] });
  // The secrets are kept as hashes only.
  const { rows } = await edge.database.pool.query<{ all: string }>(
    `SELECT concat((SELECT json_agg("gpu_node") FROM "gpu_node"), (SELECT json_agg("join_token") FROM "join_token"),
       (SELECT json_agg("audit_entry") FROM "audit_entry")) AS "all"`,
  );
  expect(rows[0]!.all).toContain(nodeId);
  expect(rows[0]!.all).not.toContain(credential.split(".").at(-1));
  expect(rows[0]!.all).not.toContain("motif-join_");
});

test("a token serves once, until it expires, and no made-up one does", async () => {
  const token = await newToken();
  await joinWith(token, randomUUID());
  const expired = await newToken();
  await edge.database.pool.query(
    `UPDATE "join_token" SET "expires_at" = now() WHERE "used_at" IS NULL`,
  );
  for (const wrong of [
    token,
    expired,
    `motif-join_${"x".repeat(43)}.${fingerprint}`,
    "",
    "' OR 1=1",
  ])
    await expect(joinWith(wrong, randomUUID())).rejects.toEqual(
      unauthenticated,
    );
  await expect(newToken(0)).rejects.toMatchObject({ code: "invalid" });
});

test("two nodes that try one token at once: one gets in", async () => {
  const token = await newToken();
  const outcomes = await Promise.allSettled(
    Array.from({ length: 5 }, () => joinWith(token, randomUUID())),
  );
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(
    1,
  );
});

test("without a credential, or with a wrong one, every call is refused", async () => {
  const made = `motif-node.${randomUUID()}.${"x".repeat(43)}`;
  for (const channelCredentials of [tls, withCredential(made)]) {
    const node = newNode(channelCredentials);
    node.say({ $case: "hello", value: node.hello });
    expect(await node.status).toEqual(unauthenticated);
    await expect(find(channelCredentials)).rejects.toEqual(unauthenticated);
    const artifacts = keep(
      new ArtifactServiceClient(edge.address, channelCredentials),
    );
    await expect(
      artifacts.download({ sha256: "0".repeat(64), offset: 0 }).toArray(),
    ).rejects.toEqual(unauthenticated);
    const upload = new Promise((resolve, reject) =>
      artifacts
        .upload((error, response) =>
          error === null ? resolve(response) : reject(error),
        )
        .end(),
    );
    await expect(upload).rejects.toEqual(unauthenticated);
  }
});

test("nobody pretends to be another node", async () => {
  const channelCredentials = withCredential(
    await joinWith(await newToken(), randomUUID()),
  );
  const node = newNode(channelCredentials);
  node.say({ $case: "hello", value: node.hello });
  expect(await node.status).toMatchObject({ code: codes.PERMISSION_DENIED });

  const claim = new Metadata();
  claim.set("motif-node", randomUUID());
  const stream = keep(new NodeServiceClient(edge.address, tls)).connect(claim);
  const [error] = (await once(
    stream.on("data", () => {}),
    "error",
  )) as [unknown];
  expect(error).toEqual(unauthenticated);
});

test("a revoked node loses its stream and is not let in again", async () => {
  const nodeId = randomUUID();
  const channelCredentials = withCredential(
    await joinWith(await newToken(), nodeId),
  );
  const node = newNode(channelCredentials, nodeId);
  await node.greet();
  await revokeCredential(edge.database, nodeId, person);
  await expect(node.beat(1)).rejects.toThrow("ended");
  expect(await node.status).toMatchObject({ code: codes.ABORTED });
  const again = newNode(channelCredentials, nodeId);
  again.say({ $case: "hello", value: again.hello });
  expect(await again.status).toEqual(unauthenticated);
  const rejoined = withCredential(await joinWith(await newToken(), nodeId));
  await newNode(rejoined, nodeId).greet();
});

test("without TLS there is no answer at all", async () => {
  const node = newNode(credentials.createInsecure());
  node.say({ $case: "hello", value: node.hello });
  expect(await node.status).toMatchObject({ code: codes.UNAVAILABLE });
});
