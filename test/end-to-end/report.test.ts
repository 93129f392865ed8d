/** `motif report` on results that were searched, or came from elsewhere. */
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeResult } from "../../gpu-node/src/report/index.ts";
import { writeSyntheticResult } from "../fixtures/synthetic-result.ts";
import { runMotif } from "../harness/motif.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "motif-report-"));
  for (const name of ["first", "second"]) {
    const directory = join(folder, name);
    const facts = { name, classes: 3, shape: [3, 8, 8], canvases: 1 } as const;
    await writeResult(directory, await writeSyntheticResult(directory, facts));
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const read = (...path: string[]) =>
  readFile(join(folder, ...path, "index.html"), "utf8");

describe("motif report", () => {
  it("writes the page of a result, and says where", async () => {
    const { status, stdout } = await runMotif("report", join(folder, "first"));
    expect(status).toBe(0);
    expect(stdout).toMatch(/\nReport: .*first\/index\.html\n$/);
    expect(await read("first")).toContain("data:image/webp;base64,");
  });

  it("writes the page that compares several, and each one's own", async () => {
    const { status, stdout } = await runMotif(
      "report",
      join(folder, "first"),
      join(folder, "second"),
      "--out",
      join(folder, "both"),
      "--json",
    );
    expect(status).toBe(0);
    const page = (name: string) => join(folder, name, "index.html");
    expect(JSON.parse(stdout)).toMatchObject({
      pages: [page("first"), page("second")],
      report: page("both"),
    });
    expect(await read("both")).toContain("../second/index.html");
    expect(await read("second")).toContain("<!doctype html>");
  });

  it.each([
    ["is not there", null, /there is no result\.json/],
    ["is no JSON", "{", /result\.json: it is not JSON/],
    ["lacks a field", "{}", /result\.json: schemaVersion: /],
  ])(
    "refuses a result that %s in one line, before any page",
    async (_, text, message) => {
      const directory = join(folder, `bad ${message.source.length}`);
      await writeSyntheticResult(directory, { classes: 3, shape: [3, 8, 8] });
      if (text === null)
        await rm(join(directory, "result.json"), { force: true });
      else await writeFile(join(directory, "result.json"), text);
      await rm(join(folder, "first", "index.html"), { force: true });
      const { status, stderr } = await runMotif(
        "report",
        join(folder, "first"),
        directory,
        "--out",
        join(folder, "refused"),
      );
      expect(status).toBe(text === null ? 2 : 1);
      expect(stderr).toMatch(message);
      expect(stderr).not.toContain("    at ");
      await expect(stat(join(folder, "first", "index.html"))).rejects.toThrow(
        "ENOENT",
      );
    },
  );

  it("refuses to compare one result, one twice, and into a result's own folder", async () => {
    const [first, second] = [join(folder, "first"), join(folder, "second")];
    const out = join(folder, "refused");
    for (const [args, message] of [
      [[first, "--out", out], /2 to 8/],
      [[first, first, "--out", out], /named twice/],
      [[first, second, "--out", first], /own page would be lost/],
    ] as const) {
      const { status, stderr } = await runMotif("report", ...args);
      expect(status).toBe(2);
      expect(stderr).toMatch(message);
    }
  });
});
