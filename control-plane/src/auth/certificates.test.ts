import { X509Certificate } from "node:crypto";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import {
  connect,
  createServer,
  type ConnectionOptions,
  type TLSSocket,
} from "node:tls";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  fingerprintOf,
  newServerCertificate,
  openCertificateAuthority,
} from "./certificates.ts";

let folder: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), "motif-tls-")), "tls");
});
afterEach(() => rm(join(folder, ".."), { recursive: true }));

const now = new Date("2026-11-25T08:00:00Z");

test("replicas that start at once share one authority, which only they can read", async () => {
  const authorities = await Promise.all(
    Array.from({ length: 8 }, () => openCertificateAuthority(folder, now)),
  );
  expect(new Set(authorities.map((one) => one.fingerprint)).size).toBe(1);
  expect(await readdir(folder)).toEqual(["authority.pem"]);
  const { mode } = await stat(join(folder, "authority.pem"));
  expect(mode & 0o777).toBe(0o600);
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
});

test("a client that trusts the authority, found by its fingerprint, gets through", async () => {
  const today = new Date();
  const authority = await openCertificateAuthority(folder, today);
  const { chain, key } = await newServerCertificate(
    authority,
    ["nodes.example", "192.0.2.7"],
    today,
  );
  const server = createServer({ cert: chain, key }, (socket) => socket.end());
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const handshake = async (options: ConnectionOptions): Promise<TLSSocket> => {
    const socket = connect({ port, host: "127.0.0.1", ...options });
    await once(socket, "secureConnect");
    return socket;
  };
  try {
    // What a joining node does: it looks at the chain before it trusts anybody.
    const first = await handshake({ rejectUnauthorized: false });
    const { issuerCertificate } = first.getPeerCertificate(true);
    first.destroy();
    expect(fingerprintOf(issuerCertificate.raw)).toBe(authority.fingerprint);
    const ca = new X509Certificate(issuerCertificate.raw).toString();
    for (const servername of ["nodes.example", "localhost"]) {
      const socket = await handshake({ ca, servername });
      expect(socket.authorized).toBe(true);
      socket.destroy();
    }
    await expect(
      handshake({ ca, servername: "other.example" }),
    ).rejects.toThrow("altnames");
    const other = await openCertificateAuthority(`${folder}-2`, today);
    await expect(
      handshake({
        ca: other.certificate.toString("pem"),
        servername: "localhost",
      }),
    ).rejects.toThrow("certificate");
  } finally {
    server.close();
  }
});

test("an authority that expired or is no authority is named with its mend", async () => {
  await openCertificateAuthority(folder, now);
  await expect(
    openCertificateAuthority(folder, new Date("2037-01-01")),
  ).rejects.toThrow(/authority\.pem expired on 2036/);
  await writeFile(join(folder, "authority.pem"), "nothing");
  await expect(openCertificateAuthority(folder, now)).rejects.toThrow(
    "holds no certificate",
  );
});
