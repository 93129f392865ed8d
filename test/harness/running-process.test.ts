import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { RunningProcess } from "./running-process.ts";
import { waitFor } from "./wait-for.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "motif-process-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const within = { withinMs: 20_000, everyMs: 5 };
const start = (name: string, script: string) =>
  new RunningProcess({
    name,
    program: process.execPath,
    args: ["-e", script],
    logPath: join(folder, `${name}.log`),
  });

it("reads the line that it waits for, and logs everything that was said", async () => {
  const one = start(
    "speaker",
    `console.log("hello"); console.error("warning"); console.log('{"pid":' + process.pid + '}'); setInterval(() => {}, 1000)`,
  );
  expect(await one.line("pid")).toEqual({ pid: one.pid });
  await waitFor("the log", async () => one.log().includes("warning"), within);
  expect(one.log()).toMatch(/hello/);
  await one.kill();
  expect(await one.ended).toEqual({ status: null, signal: "SIGKILL" });
});

it("says what a process said that ended too early", async () => {
  const one = start("early", `console.error("no room"); process.exit(3)`);
  await expect(one.line("pid")).rejects.toThrow(/status":3.*no room/s);
});

it("freezes: nothing is answered; wakes: everything is", async () => {
  let count = 0;
  const server = createServer((socket) => socket.on("data", () => count++));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const one = start(
    "ticker",
    `const socket = require("net").connect(${port}, "127.0.0.1"); socket.setNoDelay(true); setInterval(() => socket.write("x"), 5)`,
  );
  await waitFor("ticks", async () => count > 5, within);
  one.freeze();
  await waitFor(
    "silence",
    async () => {
      const before = count;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return count === before;
    },
    within,
  );
  const frozenAt = count;
  one.wake();
  await waitFor("ticks again", async () => count > frozenAt + 5, within);
  one.freeze();
  expect((await one.stop()).signal).toBe("SIGTERM");
  server.close();
});
