import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { startTestControlPlane } from "./check-control-plane.ts";
import { parseControlPlanes } from "./control-plane-address.ts";
import { fingerprintIn, openNodeCredentials } from "./node-credentials.ts";

const fingerprint = "f".repeat(43);
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "motif-credentials-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const open = (controlPlanes: string, joinToken?: string) =>
  openNodeCredentials({
    dataDirectory: directory,
    controlPlanes: parseControlPlanes(controlPlanes),
    joinToken,
    nodeId: "8ad7b8ab-8ff4-4f14-a5e2-51a1b4ae2b1c",
    name: "test",
  });

it("asks nothing on loopback, and a token as soon as one address is elsewhere", async () => {
  expect((await open("127.0.0.1:1,[::1]:2"))._isSecure()).toBe(false);
  await expect(open("127.0.0.1:1,192.0.2.7:2")).rejects.toMatchObject({
    code: "usage",
    message: expect.stringMatching(/192\.0\.2\.7:2.*--join-token/) as string,
  });
});

it("reads the fingerprint that a join token carries", () => {
  expect(fingerprintIn(`motif-join.secret.${fingerprint}`)).toBe(fingerprint);
});

it.each(["", "secret", `motif-join.${fingerprint}`, `other.a.${fingerprint}`])(
  "%o is no join token",
  (text) => {
    expect(() => fingerprintIn(text)).toThrow(
      expect.objectContaining({ code: "usage" }) as Error,
    );
  },
);

it("gives no token to whoever does not encrypt", async () => {
  const plain = await startTestControlPlane();
  try {
    await expect(
      open(plain.address, `motif-join.secret.${fingerprint}`),
    ).rejects.toMatchObject({
      code: "cluster",
      message: expect.stringContaining(plain.address) as string,
    });
  } finally {
    await plain.close();
  }
});
