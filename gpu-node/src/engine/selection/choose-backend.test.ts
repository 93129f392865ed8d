import { describe, expect, it } from "vitest";
import type { Backend } from "../backends/backend.ts";
import { referenceBackend } from "../backends/reference.ts";
import { chooseBackend, describeTrials } from "./choose-backend.ts";
import { checkBackend } from "./try-backend.ts";
import { tryCandidate } from "./trial.ts";

describe("chooseBackend", () => {
  it("takes what is named, with its provider", async () => {
    const { backend, trials } = await chooseBackend(
      { name: "tfjs", provider: "cpu" },
      2,
    );
    expect([backend.name, backend.provider, backend.threads]).toEqual([
      "tfjs",
      "cpu",
      1,
    ]);
    expect(trials).toEqual([]);
  });

  it("refuses a provider that is not there, naming those that are", async () => {
    const request = { name: "onnxruntime", provider: "abacus" } as const;
    await expect(chooseBackend(request, 1)).rejects.toThrow(
      /no provider abacus here: choose one of .*cpu/,
    );
  });

  it("finds something that works, and tells what does not", async () => {
    const { backend, trials } = await chooseBackend({ name: "auto" }, 1);
    expect(["onnxruntime", "tfjs"]).toContain(backend.name);
    for (const { candidate, milliseconds, reason } of trials) {
      const isChosen =
        candidate.name === backend.name &&
        candidate.provider === backend.provider;
      if (isChosen) expect(milliseconds).not.toBeNull();
      if (milliseconds === null) expect(reason).not.toBe("");
    }
  });
});

describe("a trial", () => {
  it("times a backend that works", async () => {
    const candidate = { name: "onnxruntime", provider: "cpu" } as const;
    const { milliseconds, reason } = await tryCandidate(candidate, 1);
    expect(reason).toBe("");
    expect(milliseconds).toBeGreaterThan(0);
  });

  it("says why one does not", async () => {
    const candidate = { name: "onnxruntime", provider: "abacus" } as const;
    const { milliseconds, reason } = await tryCandidate(candidate, 1);
    expect(milliseconds).toBeNull();
    expect(reason).toContain("no provider abacus");
  });
});

describe("checkBackend", () => {
  it("refuses a backend that computes something else", async () => {
    const reference = referenceBackend();
    const wrong: Backend = {
      ...reference,
      compile: async (graph) => {
        const executable = await reference.compile(graph);
        return {
          ...executable,
          run: async (feeds) =>
            (await executable.run(feeds)).map((tensor) => ({
              ...tensor,
              data: tensor.data.map((x) => 1.01 * x),
            })),
        };
      },
    };
    await expect(checkBackend(wrong)).rejects.toThrow("wrong numbers");
    await checkBackend(reference);
  });
});

it("tells in one line what was tried", () => {
  const line = describeTrials([
    {
      candidate: { name: "onnxruntime", provider: "cuda" },
      milliseconds: null,
      reason: "ONNX Runtime (cuda) refused the graph: No device\nmore",
    },
    {
      candidate: { name: "onnxruntime", provider: "cpu" },
      milliseconds: 8.125,
      reason: "",
    },
  ]);
  expect(line).toBe(
    "Probe: onnxruntime (cpu) 8.1 ms. Not usable: onnxruntime (cuda): No device.",
  );
});
