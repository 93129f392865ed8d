import { ShardSpec } from "@motif/proto";
import { expect, it } from "vitest";
import { workFromWire, type FileSources } from "./work-from-wire.ts";

const sources: FileSources = {
  model: async ({ name, sha256 }) => ({
    path: `/m/${sha256}`,
    manifestPath: `/m/${sha256}.json`,
    name,
    sha256,
  }),
  roundCheckpoint: async (sha256) => `/c/${sha256}`,
  auditDocument: async ({ sha256 }) => `/a/${sha256}`,
  dataset: async ({ name, split, digest }) => ({
    path: `/d/${name}`,
    name,
    split,
    digest,
  }),
};
const settings = {
  preset: "default",
  steps: 500,
  batchSize: 4,
  alpha: 0.2,
  stepSize: 0.02,
  initialMask: 0.5,
  canvasStepSize: 0.04,
  canvasSource: "natural",
  canvases: 5,
  seeds: 1,
};
const search = {
  model: { sha256: "abc", manifestJson: "{}", name: "net" },
  dataset: { name: "fashion", split: "test", digest: "d" },
  settings,
  searches: [{ targetClass: 1, canvasIndex: 2, seed: 3 }],
  pack: 8,
  evaluateImages: 1000,
  threshold: 0.9,
  backend: "auto",
};
/** Over the wire and back. */
const received = (kind: object): ShardSpec =>
  ShardSpec.decode(
    ShardSpec.encode(ShardSpec.fromPartial({ kind } as never)).finish(),
  );

it("gives the runner all that decides a search's bytes, with paths of this machine", async () => {
  const spec = received({ $case: "search", value: search });
  expect(await workFromWire(spec, sources)).toEqual({
    ...search,
    kind: "search",
    model: {
      path: "/m/abc",
      manifestPath: "/m/abc.json",
      name: "net",
      sha256: "abc",
    },
    dataset: {
      path: "/d/fashion",
      name: "fashion",
      split: "test",
      digest: "d",
    },
  });
});

it("knows checks, inspections and shards that do nothing", async () => {
  const { model, dataset } = search;
  const kinds = [
    { $case: "checkModel", value: { model, dataset, backend: "auto" } },
    { $case: "inspectDataset", value: { dataset } },
    { $case: "noop", value: { waitMs: 5 } },
  ];
  const works = await Promise.all(
    kinds.map((kind) => workFromWire(received(kind), sources)),
  );
  expect(works).toMatchObject([
    { kind: "check-model", model: { sha256: "abc" }, backend: "auto" },
    { kind: "inspect-dataset", dataset: { path: "/d/fashion" } },
    { kind: "noop", waitMs: 5 },
  ]);
});

it.each([
  ["preset", "quick", /preset is "quick", default, official is known/],
  ["canvasSource", "dreams", /canvas source is "dreams"/],
])("refuses the %s %s as the input's fault", async (field, value, message) => {
  const spec = received({
    $case: "search",
    value: { ...search, settings: { ...settings, [field]: value } },
  });
  await expect(workFromWire(spec, sources)).rejects.toMatchObject({
    code: "usage",
    message: expect.stringMatching(message) as string,
  });
});

it("refuses a search without a model, and a kind of a later version", async () => {
  await expect(
    workFromWire(
      received({ $case: "search", value: { ...search, model: undefined } }),
      sources,
    ),
  ).rejects.toMatchObject({ code: "usage" });
  await expect(
    workFromWire(ShardSpec.decode(new Uint8Array()), sources),
  ).rejects.toMatchObject({ code: "cluster" });
});

it("gives the runner all that decides an evaluation's numbers", async () => {
  const { model, dataset } = search;
  const attack = {
    ...{ attack: "ensemble", norm: "l2", epsilon: 0.5 },
    ...{ pgdSteps: 20, apgdSteps: 100, apgdTargets: 9, squareQueries: 1000 },
  };
  const asked = { model, dataset, seed: 7, backend: "auto" };
  const whole = await workFromWire(
    received({
      $case: "evaluate",
      value: { ...asked, images: 200, attack, batchSize: 32 },
    }),
    sources,
  );
  expect(whole).toMatchObject({
    kind: "evaluate",
    model: { path: "/m/abc", name: "net" },
    dataset: { path: "/d/fashion", split: "test" },
    request: { images: 200, attack, seed: 7, batchSize: 32 },
    backend: "auto",
  });
  const least = await workFromWire(
    received({ $case: "evaluate", value: asked }),
    sources,
  );
  expect(least).toMatchObject({ request: { seed: 7, attack: null } });
  expect(least).not.toHaveProperty("request.images", expect.anything());
  await expect(
    workFromWire(
      received({
        $case: "evaluate",
        value: { ...asked, attack: { ...attack, norm: "l1" } },
      }),
      sources,
    ),
  ).rejects.toThrow(/norm is "l1", linf, l2 is known/);
});

const recipe = {
  settings: {
    optimizer: { name: "adamw", weightDecay: 0 },
    ...{ epochs: 1, batchSize: 8, learningRate: 0.1 },
    ...{ schedule: "cosine", seed: 0 },
  },
  adversary: null,
  augmentation: { hasFlip: false, shift: 0 },
  labelSmoothing: 0,
  poison: null,
};
const training = {
  dataset: search.dataset,
  ...{ testSplit: "test", name: "new", command: "motif train" },
  ...{ recipeJson: JSON.stringify(recipe), backend: "auto" },
};

it("fetches the model that a training starts from, where there is one", async () => {
  const start = search.model;
  const further = received({ $case: "train", value: { ...training, start } });
  expect(await workFromWire(further, sources)).toMatchObject({
    ...{ kind: "train", recipe },
    start: { path: "/m/abc", manifestPath: "/m/abc.json", sha256: "abc" },
  });
  const anew = received({ $case: "train", value: training });
  expect(await workFromWire(anew, sources)).toMatchObject({ start: null });
});

it("fetches the audits of clean models that a model is compared with, in their order", async () => {
  const { model, dataset } = search;
  const asked = {
    ...{ model, dataset, method: "motif", seed: 3, seeds: 2 },
    ...{ isExhaustive: false, threshold: 0.9, evaluateImages: 60 },
    backend: "auto",
  };
  const cleanAudits = ["b", "a", "c"].map((sha256) => ({
    model: `clean ${sha256}`,
    sha256,
  }));
  const beside = received({ $case: "audit", value: { ...asked, cleanAudits } });
  expect(await workFromWire(beside, sources)).toEqual({
    kind: "audit",
    model: expect.objectContaining({ path: "/m/abc" }) as unknown,
    dataset: expect.objectContaining({ path: "/d/fashion" }) as unknown,
    backend: "auto",
    request: {
      ...{ method: "motif", seed: 3, seeds: 2, isExhaustive: false },
      ...{ threshold: 0.9, evaluateImages: 60 },
    },
    cleanAudits: [
      { model: "clean b", path: "/a/b" },
      { model: "clean a", path: "/a/a" },
      { model: "clean c", path: "/a/c" },
    ],
  });
  const alone = received({ $case: "audit", value: asked });
  expect(await workFromWire(alone, sources)).toMatchObject({ cleanAudits: [] });
});

it("fetches the audits that are compared, in their order, and no more than a job has", async () => {
  const audits = ["b", "a"].map((sha256) => ({
    ...{ model: `model ${sha256}`, sha256 },
  }));
  const asked = (value: { audits: typeof audits }) =>
    workFromWire(received({ $case: "compareAudits", value }), sources);
  expect(await asked({ audits })).toEqual({
    kind: "compare-audits",
    audits: [
      { model: "model b", path: "/a/b" },
      { model: "model a", path: "/a/a" },
    ],
  });
  const many = Array.from({ length: 1_001 }, () => audits[0]);
  await expect(asked({ audits: many })).rejects.toMatchObject({
    code: "usage",
    message: expect.stringContaining("1001 audits, 1000") as string,
  });
});
