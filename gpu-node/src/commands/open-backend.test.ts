import { expect, it } from "vitest";
import { openBackend, parseBackendRequest } from "./open-backend.ts";

it.each([
  ["auto", { name: "auto", provider: undefined }],
  ["tfjs", { name: "tfjs", provider: undefined }],
  ["onnxruntime:webgpu", { name: "onnxruntime", provider: "webgpu" }],
])("reads %s", (text, request) => {
  expect(parseBackendRequest(text)).toEqual(request);
});

it.each(["", "torch", "auto:cpu", "tfjs:", "tfjs:wasm:1", "ONNXRUNTIME"])(
  'refuses "%s" as wrong use, before any work',
  async (text) => {
    await expect(openBackend(text)).rejects.toMatchObject({
      code: "usage",
      message: expect.stringContaining("onnxruntime, tfjs") as string,
    });
  },
);

it("opens exactly the provider named, with the threads asked for", async () => {
  const backend = await openBackend("onnxruntime:cpu", { threads: 1 });
  expect(backend).toMatchObject({
    name: "onnxruntime",
    provider: "cpu",
    threads: 1,
  });
});
