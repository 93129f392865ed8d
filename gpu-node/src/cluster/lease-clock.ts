/**
 * Self-fencing. A control plane gives a node's leases away once it has heard nothing for a while; the node must have stopped
 * by then. It cannot know when its last heartbeat arrived, only when it sent it, so the time runs from the sending of the last
 * heartbeat that was answered.
 */

export interface LeaseClock {
  /**
   * A stream was opened. Hello's answer counts as a heartbeat's where nothing is held; leases from before are renewed by
   * heartbeats only.
   */
  begin(
    fenceAfterMs: number,
    helloSentAt: number,
    isHoldingLeases: boolean,
  ): void;
  /** A heartbeat leaves now. */
  sent(sequence: number): void;
  /** A heartbeat's answer has come; one for an older stream, or out of order, changes nothing. */
  answered(sequence: number): void;
  /** When work must stop, in the clock's milliseconds. Infinity before the first stream. */
  fencesAt(): number;
  /** Asked before a step is taken and before a result is kept: timers alone would come late to a process that was frozen. */
  isFenced(): boolean;
}

/** @param now milliseconds that also pass while the process is frozen or the machine asleep (elapsed-time.ts) */
export function newLeaseClock(now: () => number): LeaseClock {
  let fenceAfterMs = Infinity;
  let renewedAt = now();
  const unanswered = new Map<number, number>();
  const clock: LeaseClock = {
    begin(afterMs, helloSentAt, isHoldingLeases) {
      fenceAfterMs = afterMs;
      unanswered.clear();
      if (!isHoldingLeases) renewedAt = Math.max(renewedAt, helloSentAt);
    },
    sent(sequence) {
      unanswered.set(sequence, now());
    },
    answered(sequence) {
      const sentAt = unanswered.get(sequence);
      if (sentAt === undefined) return;
      renewedAt = Math.max(renewedAt, sentAt);
      for (const earlier of unanswered.keys())
        if (earlier <= sequence) unanswered.delete(earlier);
    },
    fencesAt: () => renewedAt + fenceAfterMs,
    isFenced: () => now() >= clock.fencesAt(),
  };
  return clock;
}
