import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { writeColumnsModels } from "../../../test/fixtures/columns.ts";
import { auditLocally } from "../local/audit-locally.ts";
import { parseAudit, parseAuditDocument } from "../report/parse-audit.ts";
import { backend, newShardBench, type ShardBench } from "./check-shards.ts";
import type {
  AuditFile,
  AuditWork,
  CompareAuditsOutcome,
  CompareAuditsWork,
  ShardContext,
} from "./shard.ts";

const request: AuditWork["request"] = {
  ...{ method: "motif", seed: 3, seeds: 1, isExhaustive: false },
  ...{ threshold: 0.9, evaluateImages: 60 },
};
const models = 6;

let bench: ShardBench;
let work: CompareAuditsWork;
beforeAll(async () => {
  bench = await newShardBench();
  const folder = join(bench.folder, "models");
  await mkdir(folder);
  await writeColumnsModels(folder, models);
  const audits: AuditFile[] = [];
  for (let i = 0; i < models; i++) {
    const name = `columns-${i}`;
    const path = join(folder, `${name}.onnx`);
    const sha256 = createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
    const { dataset } = bench.searchWork();
    const outcome = await bench.newRunner().run(
      {
        ...{ kind: "audit", dataset, request, backend: "auto" },
        model: {
          path,
          manifestPath: join(folder, `${name}.json`),
          name,
          sha256,
        },
      },
      await bench.context(),
    );
    if (outcome.kind !== "audit") throw new Error("no audit came of it");
    audits.push({ model: name, path: outcome.document });
  }
  work = { kind: "compare-audits", audits };
}, 120_000);

async function compare(
  changed = work,
  changes: Partial<ShardContext> = {},
): Promise<CompareAuditsOutcome> {
  const outcome = await bench
    .newRunner()
    .run(changed, await bench.context(changes));
  if (outcome.kind !== "compare-audits")
    throw new Error(`a ${outcome.kind} came of it`);
  return outcome;
}

const readAll = (paths: readonly string[]) =>
  Promise.all(paths.map((path) => readFile(path, "utf8")));

describe("a shard that compares audits", () => {
  it("leaves the documents that a local audit of the same models leaves, pictures and all", async () => {
    const done: number[] = [];
    const { changed } = await compare(work, {
      onProgress: (share) => void done.push(share),
    });
    expect(changed.map(({ place }) => place)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(done).toEqual(done.toSorted((a, b) => a - b));
    const documents = await readAll(changed.map(({ document }) => document));
    const out = join(bench.folder, "local");
    await auditLocally(
      {
        ...{ ...request, datasetPath: bench.folder, datasetName: "columns" },
        modelPaths: work.audits.map(({ model }) =>
          join(bench.folder, "models", `${model}.onnx`),
        ),
        ...{ outDirectory: out, backend },
      },
      {
        signal: new AbortController().signal,
        now: () => performance.now(),
      },
    );
    const local = await readAll(
      work.audits.map(({ model }) => join(out, model, "audit.json")),
    );
    for (const [i, text] of documents.entries()) {
      const { timing: _, ...audit } = parseAudit(local[i], "audit.json");
      const document = parseAuditDocument(text, "document");
      expect(document).toEqual(audit);
      expect(document.peers?.count).toBe(models - 1);
      expect(changed[i].summary.verdict).toEqual(audit.verdict);
      expect(
        document.evidence.some(({ finalists }) =>
          finalists.some(({ pictures }) => pictures !== null),
        ),
      ).toBe(true);
    }
  }, 120_000);

  it("changes nothing of what was compared already, nor where there are too few models", async () => {
    const { changed } = await compare();
    const audits = work.audits.map(({ model }, place) => ({
      model,
      path: changed[place].document,
    }));
    expect((await compare({ ...work, audits })).changed).toEqual([]);
    expect(
      (await compare({ ...work, audits: work.audits.slice(1) })).changed,
    ).toEqual([]);
    // Of peers that are fewer now, nothing is left: the bytes are those from before.
    const fewer = await compare({ ...work, audits: audits.slice(1) });
    expect(fewer.changed.map(({ place }) => place)).toEqual([0, 1, 2, 3, 4]);
    expect(
      await readAll(fewer.changed.map(({ document }) => document)),
    ).toEqual(await readAll(work.audits.slice(1).map(({ path }) => path)));
  });

  it.each<[string, RegExp, (text: string) => string]>([
    [
      "no document",
      /the audit of "columns-1": it is not JSON. Audit the model again/,
      () => "<html>",
    ],
    [
      "an incomplete one",
      /the audit of "columns-1": evidence: /,
      (text) => text.replace('"evidence"', '"others"'),
    ],
    [
      "one without an end",
      /the audit of "columns-1" has 67108865 bytes/,
      (text) => text.padEnd(64 * 1024 * 1024 + 1),
    ],
  ])("refuses %s by name", async (_, message, change) => {
    const path = join(bench.folder, "changed.json");
    const [first, second, ...others] = work.audits;
    await writeFile(path, change(await readFile(second.path, "utf8")));
    const audits = [first, { ...second, path }, ...others];
    await expect(compare({ ...work, audits })).rejects.toMatchObject({
      code: "usage",
      message: expect.stringMatching(message) as string,
    });
  });

  it("names the audit whose file is gone, and stops when it is told to", async () => {
    const audits = [{ model: "lost", path: join(bench.folder, "lost.json") }];
    await expect(compare({ ...work, audits })).rejects.toMatchObject({
      code: "storage",
      message: expect.stringContaining('the audit of "lost"') as string,
    });
    await expect(
      compare(work, { signal: AbortSignal.abort("stop") }),
    ).rejects.toBe("stop");
  });
});
