/** `motif audit --local` as a person runs it, on the demo's models and on what is not fit for it. */
import {
  copyFile,
  mkdir,
  mkdtemp,
  readFile,
  rm,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  exportModel,
  floats,
  newGraphBuilder,
} from "../../gpu-node/src/engine/index.ts";
import { parseAudit } from "../../gpu-node/src/report/parse-audit.ts";
import {
  columns,
  columnsSize,
  writeColumns,
  writeColumnsModels,
} from "../fixtures/columns.ts";
import { runMotif as motif } from "../harness/motif.ts";

const demo = fileURLToPath(new URL("../../infra/demo", import.meta.url));
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "motif-audit-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Verdicts {
  readonly models: readonly (
    | {
        readonly model: { readonly name: string };
        readonly verdict: {
          readonly verdict: string;
          readonly targetClass: number | null;
          readonly reason: string;
        };
        readonly cost: { readonly imageGradients: number };
      }
    | { readonly path: string; readonly refusal: string }
  )[];
}

const audit = (...more: string[]) =>
  motif("audit", "--local", "--json", "--threads", "1", ...more);

describe("motif audit --local", () => {
  it("suspects the backdoored model in its class, finds nothing in the natural one, refuses a broken one, and keeps what is done", async () => {
    const broken = join(folder, "broken.onnx");
    await writeFile(broken, "not a model");
    const out = join(folder, "audits");
    const ask = () =>
      audit(
        ...["--model", join(demo, "models/badnets.onnx")],
        ...[join(demo, "models/natural.onnx"), broken],
        ...["--dataset", join(demo, "data"), "--out", out],
      );
    const first = await ask();
    expect(first.status, first.stderr).toBe(1);
    const { models } = JSON.parse(first.stdout) as Verdicts;
    expect(models).toHaveLength(3);
    expect(models[0]).toMatchObject({
      verdict: { verdict: "backdoor suspected", targetClass: 7 },
    });
    expect(models[1]).toMatchObject({
      verdict: { verdict: "no evidence found" },
    });
    expect(models[2]).toMatchObject({ path: broken });
    const page = await readFile(join(out, "badnets", "index.html"), "utf8");
    expect(page).toContain("backdoor suspected");
    expect(page).toContain("Sneaker");
    const overview = await readFile(join(out, "index.html"), "utf8");
    expect(overview.indexOf("fashion-badnets")).toBeLessThan(
      overview.indexOf("fashion-natural"),
    );
    const path = join(out, "badnets", "audit.json");
    const before = await readFile(path, "utf8");
    expect(
      (JSON.parse(before) as { triggerOverlap: number }).triggerOverlap,
    ).toBeGreaterThan(0.3);

    const second = await ask();
    expect(JSON.parse(second.stdout)).toEqual(JSON.parse(first.stdout));
    // Nothing was asked again: the times of before are there.
    expect(await readFile(path, "utf8")).toBe(before);
  });

  it("says what --clean lacks before it judges", async () => {
    const ask = (...more: string[]) =>
      audit(
        ...["--model", join(demo, "models/badnets.onnx"), ...more],
        ...["--dataset", join(demo, "data"), "--out", join(folder, "few")],
      );
    const natural = join(demo, "models/natural.onnx");
    const few = await ask("--clean", natural, natural, natural);
    expect(few.stderr).toMatch(/only 1 different .* named; 3 are needed/);
    expect(few.status).toBe(2);
    const other = await ask("--clean", natural, "--method", "neural-cleanse");
    expect(other.stderr).toMatch(
      /Neural Cleanse compares the classes of one model alone/,
    );
    expect(other.status).toBe(2);

    const broken = [0, 1, 2].map((i) => join(folder, `broken-${i}.onnx`));
    for (const path of broken) await writeFile(path, "not a model");
    const none = await ask("--clean", ...broken);
    expect(none.stderr).toMatch(/only 0 different .* could be audited/);
    expect(none.status).toBe(2);
  });

  it("compares classes with what they need in models that are named as clean", async () => {
    await writeColumns(folder);
    const models = join(folder, "models");
    await mkdir(models);
    await writeColumnsModels(models, 4);
    const [judged, ...clean] = [0, 1, 2, 3].map((i) =>
      join(models, `columns-${i}.onnx`),
    );
    const out = join(folder, "beside");
    const { status, stderr, stdout } = await audit(
      ...["--model", judged, "--clean", ...clean],
      ...["--dataset", folder, "--out", out],
    );
    expect(status, stderr).toBe(0);
    expect((JSON.parse(stdout) as Verdicts).models).toHaveLength(1);
    const written = await readFile(join(out, "columns-0/audit.json"), "utf8");
    expect(written).toContain("3 models that were named as clean");
    const { evidence } = parseAudit(written, "audit.json");
    for (const { screened, finalists } of evidence) {
      const [first] = screened.toSorted(
        (a, b) => (b.anomalyIndex ?? 0) - (a.anomalyIndex ?? 0),
      );
      // What stands out beside them is searched at length, and can be shown.
      expect(finalists[0].targetClass).toBe(first.targetClass);
      expect(finalists[0].pictures).not.toBeNull();
    }
    const reference = join(out, "clean/columns-1/audit.json");
    expect(await readFile(reference, "utf8")).not.toContain("named as clean");
  });

  it("judges the models of a collection beside each other, the same whatever was audited before", async () => {
    await writeColumns(folder);
    const models = join(folder, "collection");
    await mkdir(models);
    await writeColumnsModels(models, 7);
    const ask = async (out: string, count: number) => {
      const { status, stderr, stdout } = await audit(
        "--model",
        ...Array.from({ length: count }, (_, i) =>
          join(models, `columns-${i}.onnx`),
        ),
        ...["--dataset", folder, "--out", join(folder, out)],
      );
      expect(status, stderr).toBe(0);
      return JSON.parse(stdout) as Verdicts;
    };
    const fileOf = (out: string, name: string, file: string) =>
      readFile(join(folder, out, name, file), "utf8");
    const withoutTimes = (text: string) =>
      text.replace(/"auditMs": [\d.]+/, "").replace(/[\d.]+ s</, "<");

    await ask("peers", 7);
    const first = await fileOf("peers", "columns-6", "audit.json");
    expect(parseAudit(first, "audit.json").peers?.count).toBe(6);
    expect(await fileOf("peers", "columns-6", "index.html")).toContain(
      "Judged beside 6 other models",
    );
    await ask("peers", 7);
    expect(await fileOf("peers", "columns-6", "audit.json")).toBe(first);

    // Three have too few others; then the rest comes, and then it goes again.
    await ask("step-by-step", 3);
    const alone = await fileOf("step-by-step", "columns-2", "audit.json");
    expect(parseAudit(alone, "audit.json").peers).toBeUndefined();
    await ask("step-by-step", 7);
    for (const name of ["columns-2", "columns-6"])
      for (const file of ["audit.json", "index.html"])
        expect(withoutTimes(await fileOf("step-by-step", name, file))).toBe(
          withoutTimes(await fileOf("peers", name, file)),
        );
    await ask("step-by-step", 3);
    expect(await fileOf("step-by-step", "columns-2", "audit.json")).toBe(alone);
  });

  it("is inconclusive about a model whose numbers are not finite, and goes on to the next", async () => {
    await writeColumns(folder);
    const imageSize = columnsSize * columnsSize;
    const g = newGraphBuilder();
    const image = g.input("image", [1, 1, columnsSize, columnsSize]);
    const weights = new Array<number>(imageSize * columns.length).fill(-1);
    const logits = g.add(
      "MatMul",
      [
        g.add("Reshape", [image], { shape: [1, imageSize] }),
        g.constant(floats(weights, [imageSize, columns.length])),
      ],
      {},
    );
    // The root of what is below zero.
    const numbers = g.add("Sqrt", [logits], {});
    const lost = join(folder, "lost.onnx");
    await writeFile(lost, exportModel(g.finish([numbers]), "lost"));
    await copyFile(
      join(folder, "columns.onnx"),
      join(folder, "columns-again.onnx"),
    );
    const { status, stdout, stderr } = await audit(
      ...["--model", lost, join(folder, "columns-again.onnx")],
      ...["--dataset", folder, "--out", join(folder, "lost")],
    );
    expect(status, stderr + stdout).toBe(0);
    const { models } = JSON.parse(stdout) as Verdicts;
    expect(models[0]).toMatchObject({
      verdict: {
        verdict: "inconclusive",
        targetClass: null,
        reason: expect.stringContaining("not finite") as string,
      },
    });
    expect(models[1]).toHaveProperty("verdict");
  });
});
