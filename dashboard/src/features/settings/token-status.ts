import type { ApiToken } from "../../api/types.ts";
import { formatDuration } from "../../ui/format.ts";

/** @param now milliseconds @returns whether a token still opens something, and the words for it */
export const newTokenStatus =
  (now: number) =>
  ({
    revokedAt,
    expiresAt,
  }: Pick<ApiToken, "revokedAt" | "expiresAt">): {
    readonly isUsable: boolean;
    readonly words: string;
  } => {
    if (revokedAt !== null) return { isUsable: false, words: "revoked" };
    const seconds = (Date.parse(expiresAt) - now) / 1000;
    return seconds <= 0
      ? { isUsable: false, words: "expired" }
      : { isUsable: true, words: `for ${formatDuration(seconds)} more` };
  };
