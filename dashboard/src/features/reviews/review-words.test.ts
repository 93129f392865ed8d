import { expect, test } from "vitest";
import {
  classAddress,
  orderOfReview,
  parseAbout,
  patternAddress,
  whoReviewed,
} from "./review-words.ts";

test("an address of a class is read back; what is none is the whole model", () => {
  const { searchParams } = new URL(classAddress("m", 7), "http://motif");
  expect(parseAbout(searchParams.get("about") ?? undefined)).toEqual({
    ...{ kind: "class", classIndex: 7 },
  });
  for (const text of [undefined, "", "class.", "class.-1", "class.x", "model"])
    expect(parseAbout(text)).toEqual({ kind: "model" });
});

test("a pattern's address opens it in its search", () => {
  const place = { jobId: "j", targetClass: 7, canvasIndex: 1, seed: 2 };
  expect(patternAddress("m", place)).toBe("/model?id=m&job=j&pattern=7.1.2");
});

test("what nobody has reviewed comes first, and says so", () => {
  expect(orderOfReview("unreviewed")).toBeLessThan(orderOfReview("dismissed"));
  expect(whoReviewed({ status: "unreviewed", author: null, at: null })).toBe(
    "Nobody has reviewed it",
  );
  expect(
    whoReviewed({
      ...{ status: "confirmed", author: "ada" },
      at: "2026-11-26T10:00:00.000Z",
    }),
  ).toMatch(/^by ada, 26 Nov 2026/);
});
