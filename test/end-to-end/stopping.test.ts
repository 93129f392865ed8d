/** Searches that do not end well: stopped, killed, without room. What was done stays, and the same command goes on. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import {
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rm,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeColumns } from "../fixtures/columns.ts";
import { runMotif, startMotif } from "../harness/motif.ts";
import { canMountTmpfs } from "../harness/tmpfs.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "motif-stopping-"));
  await writeColumns(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const searchOf = (out: string, ...more: string[]) => [
  ...["search", "--local", "--model", join(folder, "columns.onnx")],
  ...["--dataset", folder, "--out", out, "--backend", "onnxruntime:cpu"],
  ...["--canvases", "1", "--pack", "1", "--steps", "6000", "--threads", "1"],
  ...more,
];

/** The bytes of every mask. */
async function masksOf(out: string): Promise<Record<string, string>> {
  const names = (await readdir(join(out, "masks"))).sort();
  const bytes = names.map((name) => readFile(join(out, "masks", name), "hex"));
  const contents = await Promise.all(bytes);
  return Object.fromEntries(names.map((name, i) => [name, contents[i]]));
}

const storedIn = (out: string, ending: string) =>
  readdir(join(out, "patterns")).then((names) =>
    names.filter((name) => name.endsWith(ending)),
  );

describe("a search that is stopped", () => {
  it.each([
    ["by Ctrl+C", "SIGINT"],
    ["by SIGTERM", "SIGTERM"],
  ] as const)(
    "%s keeps what is done, and goes on to the same bytes",
    async (_, signal) => {
      const whole = join(folder, "whole");
      if (!existsSync(whole))
        expect((await runMotif(...searchOf(whole))).status).toBe(0);

      const out = join(folder, signal);
      const running = startMotif(...searchOf(out));
      await running.waitFor(/1\/3 {2}class 0/);
      running.signal(signal);
      const stopped = await running.finished;
      expect(stopped.stderr).toContain("Stopping: what is done is kept");
      expect(stopped.stderr).toContain("The same command goes on from here.");
      expect(stopped.status).toBe(130);
      const result = JSON.parse(
        await readFile(join(out, "result.json"), "utf8"),
      ) as { patterns: unknown[]; plannedSearches: number };
      expect(result.patterns.length).toBeLessThan(result.plannedSearches);
      expect(await storedIn(out, ".checkpoint")).toHaveLength(1);
      expect(await readFile(join(out, "index.html"), "utf8")).toMatch(
        /[12] of\s+3 searches done/,
      );

      const resumed = await runMotif(...searchOf(out));
      expect(resumed.status).toBe(0);
      expect(resumed.stdout).toMatch(/3 patterns, \d of them from before/);
      expect(await masksOf(out)).toEqual(await masksOf(whole));
      expect(await storedIn(out, ".checkpoint")).toEqual([]);
    },
  );

  it("by kill -9 has lost nothing that it reported, and goes on to the same bytes", async () => {
    const out = join(folder, "killed");
    const running = startMotif(...searchOf(out));
    await running.waitFor(/1\/3 {2}class 0/);
    running.signal("SIGKILL");
    await running.finished;
    // More than one only where this process was slow to hear of the first.
    const kept = await storedIn(out, "seed-0.json");
    expect(kept).toContain("class-0000-canvas-0-seed-0.json");
    expect((await runMotif(...searchOf(out))).stdout).toContain(
      `${kept.length} of them from before`,
    );
    expect(await masksOf(out)).toEqual(await masksOf(join(folder, "whole")));
  });

  it("with a damaged checkpoint starts that search again", async () => {
    const out = join(folder, "SIGINT-damaged");
    const running = startMotif(...searchOf(out));
    await running.waitFor(/1\/3 {2}class 0/);
    running.signal("SIGINT");
    await running.finished;
    const [checkpoint, ...others] = await storedIn(out, ".checkpoint");
    expect(others).toEqual([]);
    const path = join(out, "patterns", checkpoint);
    await writeFile(
      path,
      (await readFile(path)).map((byte, i) => (i === 60 ? byte ^ 1 : byte)),
    );
    expect((await runMotif(...searchOf(out))).status).toBe(0);
    expect(await masksOf(out)).toEqual(await masksOf(join(folder, "whole")));
  });
});

describe("an output folder that cannot be written", () => {
  it("is refused before any work, with its path and the mend", async () => {
    const file = join(folder, "file");
    await writeFile(file, "");
    const refused = await runMotif(...searchOf(join(file, "out")));
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(
      /motif: .*file\/out\/.*cannot be written .*choose another --out/,
    );
    expect(refused.stderr).not.toContain("Reading the model");
  });

  it.skipIf(!canMountTmpfs())(
    "that fills up keeps the patterns that found room (needs root and mount; skipped elsewhere)",
    async () => {
      const disk = join(folder, "disk");
      await mkdir(disk);
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=48k", "tmpfs", disk]);
      try {
        const full = await runMotif(
          ...searchOf(join(disk, "out"), "--steps", "200"),
        );
        expect(full.status).toBe(1);
        expect(full.stderr).toMatch(
          /cannot be written \(ENOSPC.*Free some space/,
        );
        expect(full.stderr).not.toContain("    at ");
        const kept = await storedIn(join(disk, "out"), "seed-0.json");
        execFileSync("mount", ["-o", "remount,size=10m", disk]);
        const resumed = await runMotif(
          ...searchOf(join(disk, "out"), "--steps", "200"),
        );
        expect(resumed.status).toBe(0);
        if (kept.length > 0)
          expect(resumed.stdout).toContain(
            `${kept.length} of them from before`,
          );
      } finally {
        execFileSync("umount", [disk]);
      }
    },
  );
});
