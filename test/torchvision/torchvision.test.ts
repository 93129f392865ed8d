/** The quick part of `npm run torchvision`: small networks of the families, and one network in every opset. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  onnxruntimeBackend,
  referenceBackend,
} from "../../gpu-node/src/engine/index.ts";
import {
  compareModel,
  exportFromTorch,
  hasTorchvision,
  type Comparison,
} from "./compare-model.ts";

const isThere = await hasTorchvision();
const because = isThere
  ? ""
  : " (skipped: Debian's python3-torch and python3-torchvision are not installed)";
const exportLimitMs = 600_000;
const backend = onnxruntimeBackend({ threads: 1 });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "motif-torchvision-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function expectHeld({ logitsError, gradientError }: Comparison): void {
  expect(logitsError).toBeLessThanOrEqual(1e-4);
  expect(gradientError).toBeLessThanOrEqual(1e-3);
}

describe.skipIf(!isThere)(`classifiers from PyTorch${because}`, () => {
  const open = [
    "small_vit",
    "small_convnext",
    "mobilenet_v3_small_at_64",
    "shufflenet_v2_x0_5_at_64",
  ];
  const fixed = ["small_vit", "small_swin", "squeezenet1_1_at_64"];
  beforeAll(async () => {
    await exportFromTorch(open, join(folder, "open"), "--opset", "13");
    await exportFromTorch(
      fixed,
      join(folder, "fixed"),
      ...["--opset", "14", "--fixed-batch", "1", "--fused"],
    );
  }, exportLimitMs);

  it.each(open)(
    "%s, with an open batch, gives PyTorch's logits and input gradient",
    async (name) =>
      expectHeld(await compareModel(join(folder, "open", name), backend, 13)),
  );
  it.each(fixed)(
    "%s, exported for one image and run with two, gives PyTorch's logits and input gradient",
    async (name) =>
      expectHeld(await compareModel(join(folder, "fixed", name), backend, 14)),
  );
});

describe.skipIf(!isThere)(
  `every opset that PyTorch 1.13 writes${because}`,
  () => {
    const opsets = [7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17];
    beforeAll(
      () =>
        exportFromTorch(
          ["of_every_opset"],
          join(folder, "opsets"),
          ...["--fixed-batch", "1", "--opset", ...opsets.map(String)],
        ),
      exportLimitMs,
    );

    it.each(opsets)(
      "opset %i, exported for one image and run with two, gives the same logits and input gradient",
      async (opset) => {
        const place = join(folder, "opsets", "of_every_opset");
        expectHeld(await compareModel(place, backend, opset));
        const exact = referenceBackend("float64");
        const { gradientErrorExact } = await compareModel(place, exact, opset);
        expect(gradientErrorExact).toBeLessThan(1e-6);
      },
    );
  },
);
