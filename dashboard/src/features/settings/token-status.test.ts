import { expect, test } from "vitest";
import { newTokenStatus } from "./token-status.ts";

const statusOf = newTokenStatus(Date.parse("2026-03-01T12:00:00Z"));
const expiresAt = "2026-03-01T13:30:00Z";

test("a token lasts until it expires or is revoked", () => {
  expect(statusOf({ revokedAt: null, expiresAt })).toEqual({
    isUsable: true,
    words: "for 1 h 30 min more",
  });
  expect(
    statusOf({ revokedAt: null, expiresAt: "2026-03-01T12:00:00Z" }),
  ).toEqual({ isUsable: false, words: "expired" });
  expect(statusOf({ revokedAt: "2026-02-28T00:00:00Z", expiresAt })).toEqual({
    isUsable: false,
    words: "revoked",
  });
});
