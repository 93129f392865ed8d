import { expect, it } from "vitest";
import { formatTable, formatTime, shortId } from "./table.ts";

it("aligns texts to the left and numbers to the right, two spaces apart, without spaces at the end", () => {
  const text = formatTable(
    ["NODE", "SLOTS", "SEEN"],
    [
      ["a", 1, "now"],
      ["laptop", 12, ""],
    ],
  );
  expect(text.split("\n")).toEqual([
    "NODE    SLOTS  SEEN",
    "a           1  now",
    "laptop     12",
  ]);
});

it("is the headings alone where there are no rows", () => {
  expect(formatTable(["ID", "JOB"], [])).toBe("ID  JOB");
});

it("shows times of this machine's zone to the second, and none as a dash", () => {
  const noon = new Date(2026, 10, 5, 12, 3, 9);
  expect(formatTime(noon.toISOString())).toBe("2026-11-05 12:03:09");
  expect(formatTime(null)).toBe("–");
});

it("shortens ids to what is still told apart at a glance", () => {
  expect(shortId("0198f2aa-1111-4222-8333-444455556666")).toBe("0198f2aa");
});
