/** A folder of models, real ones and broken ones, added by one command, twice; then tagged, found and exported. */
import { createHash } from "node:crypto";
import {
  cp,
  mkdir,
  mkdtemp,
  readFile,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, onTestFailed, test } from "vitest";
import { Cluster } from "../harness/cluster.ts";
import { runMotif, type Finished } from "../harness/motif.ts";

const demo = fileURLToPath(new URL("../../infra/demo", import.meta.url));

let cluster: Cluster;
let place: string;
let folder: string;
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), "motif-models-"));
  folder = join(place, "models");
  await mkdir(join(folder, "poisoned", "later"), { recursive: true });
  const put = (from: string, to: string) =>
    cp(join(demo, "models", from), join(folder, to));
  for (const end of ["onnx", "json"]) {
    await put(`natural.${end}`, `natural.${end}`);
    await put(`adversarial.${end}`, `adversarial.${end}`);
    await put(`badnets.${end}`, `poisoned/badnets.${end}`);
    await put(`blended.${end}`, `poisoned/later/blended.${end}`);
  }
  // No model at all; one with a manifest that is none; one of a name that another has; one that is there under another name.
  await writeFile(join(folder, "broken.onnx"), "not a model");
  await writeFile(join(folder, "spoilt.onnx"), "neither");
  await writeFile(join(folder, "spoilt.json"), "{");
  await writeFile(join(folder, "twice.onnx"), "another file");
  await put("natural.json", "twice.json");
  await put("natural.onnx", "unnamed.onnx");
  await symlink(join(demo, "models/natural.onnx"), join(folder, "linked.onnx"));
  cluster = await Cluster.start({ replicas: 1 });
  await cluster.startNode("node", { slots: 1 });
  await motif("datasets", "add", join(demo, "data"), "--name", "fashion");
}, 180_000);
afterAll(async () => {
  await cluster?.close();
  await rm(place, { recursive: true, force: true });
}, 60_000);

const motif = (...args: string[]): Promise<Finished> =>
  runMotif(...args, "--url", cluster.replicas[0].address);
const add = (...more: string[]) =>
  motif("models", "add", folder, "--dataset", "fashion", ...more);

test("one command registers what fits, says of each other one why it does not, and does the same twice", async () => {
  onTestFailed(() => console.error(cluster.logs()));
  const first = await add("--tag", "Batch-1", "--tag", "fashion");
  expect(first.stdout).toBe("4 registered, 3 refused, 1 was there already\n");
  expect(first.status).toBe(1);
  for (const told of [
    /^broken\.onnx: refused: broken is refused: ./gm,
    /^spoilt\.onnx: refused: .*spoilt\.json: it cannot be read as a manifest/gm,
    /^twice\.onnx: refused: There is a model "fashion-natural" already/gm,
    /^linked\.onnx: left out: a link to outside of the folder/gm,
  ])
    expect(first.stderr.match(told)).toHaveLength(1);

  const jobsBefore = await cluster.query("SELECT id FROM job");
  const again = JSON.parse((await add("--json")).stdout) as {
    readonly registered: readonly unknown[];
    readonly known: readonly { readonly path: string; readonly name: string }[];
    readonly refused: readonly { readonly path: string }[];
  };
  expect(again.registered).toEqual([]);
  expect(again.known.map(({ path, name }) => [path, name])).toEqual([
    ["adversarial.onnx", "fashion-adversarial"],
    ["natural.onnx", "fashion-natural"],
    ["poisoned/badnets.onnx", "fashion-badnets"],
    ["poisoned/later/blended.onnx", "fashion-blended"],
    ["unnamed.onnx", "fashion-natural"],
  ]);
  expect(again.refused.map(({ path }) => path)).toEqual([
    ...["broken.onnx", "spoilt.onnx", "twice.onnx"],
  ]);
  // Only what was refused is looked at again.
  expect(await cluster.query("SELECT id FROM job")).toHaveLength(
    jobsBefore.length + 1,
  );

  for (const name of ["broken", "spoilt", "twice"])
    await rm(join(folder, `${name}.onnx`));
  expect(await add("--upload", "--tag", "again")).toMatchObject({
    status: 0,
    stdout: "0 registered, 0 refused, 5 were there already\n",
  });
}, 120_000);

test("tags find them in the list, and come off again", async () => {
  const list = async (...more: string[]) => {
    const { stdout } = await motif("models", "list", "--json", ...more);
    const models = JSON.parse(stdout) as {
      readonly name: string;
      readonly tags: readonly string[];
    }[];
    return models.map(({ name, tags }) => `${name}: ${tags.join(" ")}`);
  };
  const all = "again batch-1 fashion";
  expect(await list("--tag", "batch-1", "--tag", "again")).toEqual([
    `fashion-adversarial: ${all}`,
    `fashion-badnets: ${all}`,
    `fashion-blended: ${all}`,
    `fashion-natural: ${all}`,
  ]);
  expect(
    await motif(
      ...["models", "untag", "fashion-natural", "fashion-badnets", "broken"],
      ...["--tag", "fashion"],
    ),
  ).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^3 of 3/) as string,
  });
  await motif("models", "tag", "broken", "--tag", "look-again");
  expect(await list("--tag", "look-again")).toEqual([
    "broken: batch-1 look-again",
  ]);
  expect((await motif("models", "list", "--tag", "again")).stdout).toMatch(
    /fashion-natural +fashion +ready, .* +unreviewed +again, batch-1\n/,
  );
  const wrong = await motif("models", "tag", "broken", "--tag", "two words");
  expect([wrong.status, wrong.stderr]).toEqual([
    2,
    expect.stringContaining("a tag is 1 to 40 of the characters"),
  ]);
});

test("a collection is written to a file with its digest, or not at all", async () => {
  const out = join(place, "models.csv");
  const args = ["models", "export", "--out", out, "--tag", "again"];
  const { status, stdout } = await motif(...args, "--json");
  const bytes = await readFile(out);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  expect([status, JSON.parse(stdout)]).toEqual([
    0,
    { ...{ out, format: "csv", bytes: bytes.length }, sha256 },
  ]);
  const lines = bytes.toString().trimEnd().split("\r\n");
  expect(lines.slice(1).map((line) => line.split(",", 1)[0])).toEqual(
    ["adversarial", "badnets", "blended", "natural"].map(
      (name) => `fashion-${name}`,
    ),
  );
  // What its manifest states of the backdoor is in it.
  expect(lines[2]).toContain('""status"":""poisoned""');
  const onFolder = await motif("models", "export", "--out", folder);
  expect([onFolder.status, onFolder.stderr]).toEqual([
    1,
    expect.stringContaining(`${folder}: it cannot be written`),
  ]);
});

test("an empty folder, one that is not there and options of one model are wrong use", async () => {
  await mkdir(join(place, "empty"));
  for (const [args, said] of [
    [[join(place, "empty")], /there is no \.onnx file in it/],
    [[folder, "--name", "one"], /--name are of one model/],
    [[folder, join(folder, "natural.onnx")], /is a folder: add folders/],
  ] as const) {
    const { status, stderr } = await motif(
      ...["models", "add", ...args, "--dataset", "fashion"],
    );
    expect([status, stderr]).toEqual([2, expect.stringMatching(said)]);
  }
});
