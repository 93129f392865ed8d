import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Pattern, type Artifact, type Result } from "@motif/proto";
import { afterEach, beforeEach, expect, it } from "vitest";
import { sha256 } from "./check-control-plane.ts";
import { openResultSpool, type ProducedFile } from "./result-spool.ts";

let directory: string;
let damaged: string[];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "motif-spool-"));
  damaged = [];
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const open = () =>
  openResultSpool(join(directory, "spool"), (path) => damaged.push(path));
const noop = (leaseId: string): Result => ({
  leaseId,
  shardId: "s",
  retryCount: 0,
  result: { kind: { $case: "noop", value: {} } },
});
async function produce(content: string): Promise<ProducedFile & Artifact> {
  const path = join(directory, `produced-${Math.random()}`);
  await writeFile(path, content);
  return { path, sha256: sha256(Buffer.from(content)), bytes: content.length };
}
function search(leaseId: string, ...masks: readonly Artifact[]): Result {
  const patterns = masks.map(({ sha256, bytes }) =>
    Pattern.fromPartial({ mask: { sha256, bytes } }),
  );
  const value = {
    patterns,
    backend: undefined,
    compileMs: 0,
    searchMs: 0,
    evaluateMs: 0,
  };
  return { ...noop(leaseId), result: { kind: { $case: "search", value } } };
}
const leaseIds = (results: readonly Result[]) =>
  results.map(({ leaseId }) => leaseId);

it("a spool that is opened again has what was added and not settled, in order", async () => {
  const first = await open();
  await first.add(noop("a"), []);
  await Promise.all(["b", "c", "d"].map((id) => first.add(noop(id), [])));
  await first.settle("c");
  await first.settle("a");
  const second = await open();
  // What was written together stays until all of it is settled.
  expect(leaseIds(second.results())).toEqual(["b", "c", "d"]);
  for (const id of ["b", "c", "d"]) await second.settle(id);
  expect((await open()).count()).toBe(0);
});

it("results that finish together share a file", async () => {
  const spool = await open();
  const ids = Array.from({ length: 200 }, (_, i) => `lease ${i}`);
  await Promise.all(ids.map((id) => spool.add(noop(id), [])));
  const files = await readdir(join(directory, "spool", "results"));
  expect(files.length).toBeLessThanOrEqual(2);
  expect(leaseIds((await open()).results())).toEqual(ids);
});

it("keeps a result's files with it, shared ones until the last is settled", async () => {
  const spool = await open();
  const [own, shared] = [await produce("own"), await produce("shared")];
  await spool.add(search("a", own, shared), [own, shared]);
  const again = await produce("shared");
  await spool.add(search("b", again), [again]);
  await spool.settle("a");
  expect(await readFile(spool.artifactPath(shared.sha256), "utf8")).toBe(
    "shared",
  );
  const artifacts = () => readdir(join(directory, "spool", "artifacts"));
  expect(await artifacts()).toEqual([shared.sha256]);
  await spool.settle("b");
  expect(await artifacts()).toEqual([]);
  expect(spool.bytes()).toBe(0);
});

it("a result whose file is missing is refused alone", async () => {
  const spool = await open();
  const file = await produce("gone");
  await rm(file.path);
  const [refused, kept] = await Promise.allSettled([
    spool.add(search("a", file), [file]),
    spool.add(noop("b"), []),
  ]);
  expect(refused).toMatchObject({
    status: "rejected",
    reason: { code: "storage" },
  });
  expect(kept.status).toBe("fulfilled");
  expect(leaseIds((await open()).results())).toEqual(["b"]);
});

it("a file that cannot be read is set aside, files that nothing names are removed", async () => {
  const first = await open();
  await first.add(noop("a"), []);
  await writeFile(join(directory, "spool", "results", "0.results"), "\xff\xff");
  await writeFile(first.artifactPath("unnamed"), "x");
  const second = await open();
  expect(second.count()).toBe(0);
  expect(damaged).toEqual([expect.stringContaining("0.results.damaged")]);
  expect(await readdir(join(directory, "spool", "artifacts"))).toEqual([]);
});
