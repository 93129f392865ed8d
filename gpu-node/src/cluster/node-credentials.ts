/**
 * How a node proves itself, and how it knows its control plane.
 *
 * To loopback nothing is asked and nothing encrypted. To any other machine a node joins once, with a single-use token that
 * carries the fingerprint of the control plane's certificate authority: the node trusts exactly that authority from then on,
 * and keeps its own credential, readable by its owner alone, in the data folder.
 */
import { createHash, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { join } from "node:path";
import { connect, type DetailedPeerCertificate } from "node:tls";
import { credentials, Metadata, type ChannelCredentials } from "@grpc/grpc-js";
import { EnrollmentServiceClient, type JoinRequest } from "@motif/proto";
import { z } from "zod";
import { MotifError } from "../motif-error.ts";
import {
  isLoopbackHost,
  type ControlPlaneAddress,
} from "./control-plane-address.ts";
import { describeLoss } from "./connection.ts";
import { isMissing, storageError, writeDurably } from "./durable-file.ts";

const storedCredential = z.object({
  credential: z.string().min(1),
  /** PEM. */
  certificateAuthority: z.string().min(1),
  /** SHA-256 of the token that was traded for it: the same command can be started again. */
  joinTokenSha256: z.string(),
});
type StoredCredential = z.infer<typeof storedCredential>;

const joinWithinMs = 10_000;

/**
 * @param options.joinToken as the control plane printed it; not needed once the node has joined
 * @throws MotifError "usage" when another machine is to be dialled without a token, "cluster" when joining fails, "storage"
 */
export async function openNodeCredentials(options: {
  readonly dataDirectory: string;
  readonly controlPlanes: readonly ControlPlaneAddress[];
  readonly joinToken: string | undefined;
  readonly nodeId: string;
  readonly name: string;
}): Promise<ChannelCredentials> {
  const { dataDirectory, controlPlanes, joinToken, nodeId, name } = options;
  const path = join(dataDirectory, "credential.json");
  let stored = await readStored(path);
  if (
    joinToken !== undefined &&
    stored?.joinTokenSha256 !== sha256(joinToken)
  ) {
    stored = await joinCluster(controlPlanes, joinToken, nodeId, name);
    await writeDurably(path, `${JSON.stringify(stored)}\n`, 0o600);
  }
  if (stored) return encrypted(stored);
  const remote = controlPlanes.find(({ host }) => !isLoopbackHost(host));
  if (remote)
    throw new MotifError(
      "usage",
      `--control-plane ${remote.text} is another machine: make a join token on the control plane and add --join-token TOKEN.`,
    );
  return credentials.createInsecure();
}

async function readStored(path: string): Promise<StoredCredential | null> {
  let text;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    if (isMissing(cause)) return null;
    throw storageError(path, "be read", cause);
  }
  try {
    return storedCredential.parse(JSON.parse(text));
  } catch (cause) {
    throw new MotifError(
      "storage",
      `${path}: it holds no credential. Delete the file and join again with --join-token.`,
      { cause },
    );
  }
}

function encrypted(stored: StoredCredential): ChannelCredentials {
  return credentials.combineChannelCredentials(
    credentials.createSsl(Buffer.from(stored.certificateAuthority)),
    credentials.createFromMetadataGenerator((_, callback) => {
      const metadata = new Metadata();
      metadata.set("authorization", `Bearer ${stored.credential}`);
      callback(null, metadata);
    }),
  );
}

/** Tries one control plane after another: any of them can take the node in. */
async function joinCluster(
  controlPlanes: readonly ControlPlaneAddress[],
  joinToken: string,
  nodeId: string,
  name: string,
): Promise<StoredCredential> {
  const fingerprint = fingerprintIn(joinToken);
  const failures: string[] = [];
  for (const address of controlPlanes) {
    try {
      const certificateAuthority = await fetchAuthority(address, fingerprint);
      const credential = await tradeToken(address, certificateAuthority, {
        joinToken,
        nodeId,
        name,
      });
      return {
        credential,
        certificateAuthority,
        joinTokenSha256: sha256(joinToken),
      };
    } catch (error) {
      failures.push(`${address.text}: ${describeLoss(error)}`);
    }
  }
  throw new MotifError(
    "cluster",
    `this node cannot join (${failures.join("; ")}). Look at the address, and make another join token if this one was used or is old.`,
  );
}

/**
 * `motif-join.SECRET.FINGERPRINT`.
 * @returns the SHA-256 of the authority's certificate (DER), base64url
 * @throws MotifError "usage"
 */
export function fingerprintIn(joinToken: string): string {
  const [, fingerprint] =
    /^motif-join\.[\w-]+\.([\w-]{43})$/.exec(joinToken) ?? [];
  if (fingerprint === undefined)
    throw new MotifError(
      "usage",
      "--join-token: it is not a join token. Copy it whole, as the control plane printed it: motif-join. and two groups of letters.",
    );
  return fingerprint;
}

/**
 * The certificate authority that a control plane shows, held against the fingerprint: nothing is sent before it fits.
 * @returns PEM
 */
async function fetchAuthority(
  { host, port }: ControlPlaneAddress,
  fingerprint: string,
): Promise<string> {
  const chain = await new Promise<DetailedPeerCertificate>(
    (resolve, reject) => {
      // The authority is not known yet; the fingerprint below takes the place of the usual check.
      const socket = connect({
        host,
        port,
        ALPNProtocols: ["h2"],
        rejectUnauthorized: false,
        ...(isIP(host) === 0 && { servername: host }),
      });
      socket.setTimeout(joinWithinMs, () =>
        socket.destroy(new Error("no answer")),
      );
      socket.once("error", reject);
      socket.once("secureConnect", () => {
        resolve(socket.getPeerCertificate(true));
        socket.destroy();
      });
    },
  );
  // A root's issuer is itself.
  for (
    let each = chain, last: DetailedPeerCertificate | undefined;
    each?.raw && each !== last;
    last = each, each = each.issuerCertificate
  ) {
    if (
      createHash("sha256").update(each.raw).digest("base64url") === fingerprint
    )
      return new X509Certificate(each.raw).toString();
  }
  throw new MotifError(
    "cluster",
    `the certificate authority is not the join token's: it is another control plane, or somebody stands between`,
  );
}

/** @returns the node's own credential @throws ServiceError */
function tradeToken(
  { text }: ControlPlaneAddress,
  certificateAuthority: string,
  request: JoinRequest,
): Promise<string> {
  const client = new EnrollmentServiceClient(
    text,
    credentials.createSsl(Buffer.from(certificateAuthority)),
    { "grpc.use_local_subchannel_pool": 1 },
  );
  return new Promise<string>((resolve, reject) => {
    client.join(
      request,
      new Metadata(),
      { deadline: Date.now() + joinWithinMs },
      (error, response) => {
        if (error) reject(error);
        else resolve(response.credential);
      },
    );
  }).finally(() => client.close());
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
