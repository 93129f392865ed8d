/** States by a word and a sign; colour only helps. */
import { SignBadge } from "./sign-badge.tsx";

const looks = {
  RUNNING: { sign: "▶", color: "blue", word: "running" },
  PAUSED: { sign: "❚❚", color: "gray", word: "paused" },
  SUCCEEDED: { sign: "✓", color: "green", word: "succeeded" },
  FAILED: { sign: "✕", color: "red", word: "failed" },
  CANCELLED: { sign: "◼", color: "gray", word: "cancelled" },
  CHECKING: { sign: "…", color: "blue", word: "being checked" },
  READY: { sign: "✓", color: "green", word: "ready" },
  REFUSED: { sign: "✕", color: "red", word: "refused" },
  ONLINE: { sign: "●", color: "green", word: "online" },
  DRAINING: { sign: "◐", color: "yellow", word: "draining" },
  OFFLINE: { sign: "○", color: "gray", word: "offline" },
  PENDING: { sign: "·", color: "gray", word: "pending" },
  QUEUED: { sign: "·", color: "gray", word: "queued" },
  LEASED: { sign: "▷", color: "blue", word: "leased" },
  RETRY: { sign: "↻", color: "yellow", word: "waits to retry" },
  DEAD: { sign: "✕", color: "red", word: "dead" },
} as const;
export type Status = keyof typeof looks;

export const StatusBadge = ({ status }: { readonly status: Status }) => (
  <SignBadge {...looks[status]} />
);
