/**
 * The control plane's own certificate authority, in the data folder that replicas share, and the certificates of its gRPC
 * servers. Nodes trust this authority alone: join tokens carry its fingerprint. A server's certificate and key are made anew by
 * every process, for the names of its own machine, and never written down.
 */
import "reflect-metadata";
import { createHash, randomUUID } from "node:crypto";
import { link, mkdir, open, readFile, rm } from "node:fs/promises";
import { isIP } from "node:net";
import { join } from "node:path";
import * as x509 from "@peculiar/x509";
import { ControlPlaneError } from "../control-plane-error.ts";

const algorithm = {
  name: "ECDSA",
  namedCurve: "P-256",
  hash: "SHA-256",
} as const;
const dayMs = 86_400_000;
const authorityDays = 3_650;
/** A control plane that runs for longer without a restart is one that nobody has updated. */
const serverDays = 825;
/** Clocks of nodes may be behind. */
const clockToleranceMs = dayMs;

export interface CertificateAuthority {
  readonly certificate: x509.X509Certificate;
  readonly key: CryptoKey;
  /** SHA-256 of the certificate's DER, hexadecimal: what join tokens carry. */
  readonly fingerprint: string;
}

export interface ServerCertificate {
  /** PEM: the server's certificate, then the authority's, which a node that joins holds against its token. */
  readonly chain: string;
  /** PEM, PKCS #8. */
  readonly key: string;
}

/**
 * Reads the authority, or makes it. Replicas that do so at once get the same.
 * @param folder `<data>/tls`; made where it is missing, for nobody else to read
 * @throws ControlPlaneError "invalid" for a file that holds no authority, or one that has expired
 */
export async function openCertificateAuthority(
  folder: string,
  now: Date,
): Promise<CertificateAuthority> {
  const path = join(folder, "authority.pem");
  const pem =
    (await readFile(path, "utf8").catch(absent)) ??
    (await writeOnce(folder, path, await newAuthority(now)));
  return readAuthority(path, pem, now);
}

/** @param names host names and addresses under which nodes reach the server; loopback is added */
export async function newServerCertificate(
  authority: CertificateAuthority,
  names: readonly string[],
  now: Date,
): Promise<ServerCertificate> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    subject: "CN=Motif control plane",
    issuer: authority.certificate.subject,
    notBefore: new Date(now.getTime() - clockToleranceMs),
    notAfter: new Date(
      Math.min(
        now.getTime() + serverDays * dayMs,
        authority.certificate.notAfter.getTime(),
      ),
    ),
    publicKey: keys.publicKey,
    signingKey: authority.key,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(alternativeNames(names)),
      await x509.AuthorityKeyIdentifierExtension.create(authority.certificate),
    ],
  });
  return {
    chain: `${certificate.toString("pem")}\n${authority.certificate.toString("pem")}\n`,
    key: await exportKey(keys.privateKey),
  };
}

async function newAuthority(now: Date): Promise<string> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=Motif certificate authority",
    notBefore: new Date(now.getTime() - clockToleranceMs),
    notAfter: new Date(now.getTime() + authorityDays * dayMs),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return `${certificate.toString("pem")}\n${await exportKey(keys.privateKey)}`;
}

/** @returns what is in the file in the end: ours, or that of a replica that was faster */
async function writeOnce(
  folder: string,
  path: string,
  pem: string,
): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const ownPath = `${path}.${randomUUID()}`;
  try {
    const file = await open(ownPath, "wx", 0o600);
    try {
      await file.writeFile(pem);
      await file.sync();
    } finally {
      await file.close();
    }
    // A name is given to one file only.
    await link(ownPath, path);
    const names = await open(folder, "r");
    try {
      await names.sync();
    } finally {
      await names.close();
    }
    return pem;
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
    return await readFile(path, "utf8");
  } finally {
    await rm(ownPath, { force: true });
  }
}

async function readAuthority(
  path: string,
  pem: string,
  now: Date,
): Promise<CertificateAuthority> {
  const blocks = x509.PemConverter.decodeWithHeaders(pem);
  const find = (type: string) =>
    blocks.find((block) => block.type === type)?.rawData;
  const [rawCertificate, rawKey] = [find("CERTIFICATE"), find("PRIVATE KEY")];
  if (rawCertificate === undefined || rawKey === undefined)
    throw new ControlPlaneError(
      "invalid",
      `${path} holds no certificate with its key. Remove it to make a new authority; all nodes have to join anew then.`,
    );
  const certificate = new x509.X509Certificate(rawCertificate);
  if (certificate.notAfter < now)
    throw new ControlPlaneError(
      "invalid",
      `The certificate authority in ${path} expired on ${certificate.notAfter.toISOString()}. Remove the file to make a new one; all nodes have to join anew then.`,
    );
  return {
    certificate,
    key: await crypto.subtle.importKey("pkcs8", rawKey, algorithm, false, [
      "sign",
    ]),
    fingerprint: fingerprintOf(certificate.rawData),
  };
}

/** @param certificate DER */
export const fingerprintOf = (certificate: ArrayBuffer | Uint8Array): string =>
  createHash("sha256")
    .update(
      certificate instanceof Uint8Array
        ? certificate
        : new Uint8Array(certificate),
    )
    .digest("hex");

function alternativeNames(names: readonly string[]): x509.JsonGeneralNames {
  const all = new Set([...names, "localhost", "127.0.0.1", "::1"]);
  return [...all].map((name) => ({
    type: isIP(name) ? "ip" : "dns",
    value: name,
  }));
}

const newKeys = (): Promise<CryptoKeyPair> =>
  crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);

async function exportKey(key: CryptoKey): Promise<string> {
  return x509.PemConverter.encode(
    await crypto.subtle.exportKey("pkcs8", key),
    "PRIVATE KEY",
  );
}

function absent(error: unknown): undefined {
  if (codeOf(error) !== "ENOENT") throw error;
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error && "code" in error ? error.code : undefined;
