import { describe, expect, it } from "vitest";
import { floats, newGraphBuilder, type Graph } from "../engine/index.ts";
import { digestArchitecture } from "./architecture-digest.ts";

interface Made {
  readonly width?: number;
  readonly scale?: number;
  readonly name?: string;
  readonly isSkipping?: boolean;
}

function made({
  width = 4,
  scale = 1,
  name = "images",
  isSkipping = false,
}: Made = {}): Graph {
  const g = newGraphBuilder();
  const images = g.input(name, [1, 4]);
  const weights = Array.from({ length: 4 * width }, (_, i) => scale * i);
  const matrix = g.constant(floats(weights, [4, width]));
  const hidden = g.add("MatMul", [images, matrix], {});
  const active = g.add("Relu", [hidden], {});
  const out = isSkipping ? g.add("Add", [active, hidden], {}) : active;
  return g.finish([out]);
}

describe("an architecture's digest", () => {
  it("does not depend on weights and names", () => {
    expect(digestArchitecture(made({ scale: 3, name: "x" }))).toBe(
      digestArchitecture(made()),
    );
  });

  it("depends on widths and on what is connected to what", () => {
    const digests = [
      made(),
      made({ width: 5 }),
      made({ isSkipping: true }),
    ].map(digestArchitecture);
    expect(new Set(digests).size).toBe(3);
  });
});
