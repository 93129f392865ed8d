import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { takeNodeIdentity } from "./node-identity.ts";

let directory: string;
beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), "motif-identity-")), "data");
});
afterEach(() => rm(join(directory, ".."), { recursive: true, force: true }));

it("keeps one id for as long as the folder lives", async () => {
  const first = await takeNodeIdentity(directory);
  await first.release();
  const second = await takeNodeIdentity(directory);
  expect(second.nodeId).toBe(first.nodeId);
});

it("a second node on the folder is refused while the first runs", async () => {
  await takeNodeIdentity(directory);
  await expect(takeNodeIdentity(directory)).rejects.toMatchObject({
    code: "storage",
    message: expect.stringMatching(
      /another node runs on this folder/,
    ) as string,
  });
});

it.each([
  ["of a process that is gone", { pid: 2 ** 22 + 1, began: "1" }],
  ["whose number another process has now", { pid: process.pid, began: "-" }],
])("a lock %s is taken over", async (_, lock) => {
  await (await takeNodeIdentity(directory)).release();
  await writeFile(join(directory, "node.lock"), JSON.stringify(lock));
  const identity = await takeNodeIdentity(directory);
  const held = await readFile(join(directory, "node.lock"), "utf8");
  expect(JSON.parse(held)).toMatchObject({ pid: process.pid });
  await identity.release();
});

it("a folder whose id is damaged says so, and lets the lock go", async () => {
  await (await takeNodeIdentity(directory)).release();
  await writeFile(join(directory, "node.json"), "{}");
  const refused = { code: "storage", message: /holds no node id/ };
  for (let attempt = 0; attempt < 2; attempt++)
    await expect(takeNodeIdentity(directory)).rejects.toMatchObject({
      code: refused.code,
      message: expect.stringMatching(refused.message) as string,
    });
});
