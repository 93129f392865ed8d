import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { lockDemoFolder } from "./demo-lock.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "motif-demo-lock-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it("is refused while another process holds the folder, and had once that has died", async () => {
  const other = spawn(process.execPath, ["-e", "process.stdin.resume()"], {
    stdio: ["pipe", "ignore", "ignore"],
  });
  await once(other, "spawn");
  await writeFile(join(folder, "demo.pid"), String(other.pid));
  await expect(lockDemoFolder(folder)).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringContaining(`process ${other.pid}`) as string,
  });
  other.kill("SIGKILL");
  await once(other, "exit");
  const unlock = await lockDemoFolder(folder);
  await unlock();
});

it("takes a folder whose lock is damaged", async () => {
  await writeFile(join(folder, "demo.pid"), "?");
  await (
    await lockDemoFolder(folder)
  )();
});
