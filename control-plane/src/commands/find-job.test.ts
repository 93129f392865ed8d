import { expect, it } from "vitest";
import { findByPrefix } from "./find-job.ts";

const jobs = ["0aa1", "0ab2", "7c33"].map((id) => ({ id }));
const find = (text: string) => findByPrefix(jobs, text, "job", "motif jobs");

it("takes as much of an id as tells it from the others, in any case", () => {
  expect(find("7")).toBe(jobs[2]);
  expect(find("0AB")).toBe(jobs[1]);
});

it("names the candidates where several begin so", () => {
  expect(() => find("0a")).toThrow(
    expect.objectContaining({
      code: "conflict",
      message: expect.stringContaining("0aa1, 0ab2") as string,
    }),
  );
});

it.each(["9", ""])("says where to look for %j, which is none", (text) => {
  expect(() => find(text)).toThrow(
    expect.objectContaining({
      code: "not-found",
      message: expect.stringContaining("`motif jobs` shows") as string,
    }),
  );
});
