/**
 * Which leases the node holds, and how many more it may be given. Values only: no clock, no stream, no files.
 *
 * A lease is held from its grant until it is settled, failed, yielded or lost. A slot is taken from the grant until the work
 * has really ended: a lost lease's kernel may still be running, and a finished one's result needs no slot while it waits for
 * its verdict. Slots taken and credit outstanding together never exceed the slots there are.
 */
import type { Lease, LeaseProgress } from "@motif/proto";
import { newTrainingReport, type TrainingReport } from "./training-report.ts";

export interface LeaseTable {
  /** Credit to send now, 0 where there is none; counts as outstanding from here. */
  drawCredit(): number;
  /** The stream is gone, and with it what was outstanding. */
  voidCredit(): void;
  /** Leases have come. Those past the credit are refused; those held already are left out. */
  take(leases: readonly Lease[]): {
    readonly taken: readonly Lease[];
    readonly refused: readonly Lease[];
  };
  /** No further leases: the node drains, or cannot keep results. Slots that are taken stay so. */
  setAccepting(isAccepting: boolean): void;
  find(leaseId: string): Lease | undefined;
  setDone(leaseId: string, done: number): void;
  setCheckpoint(leaseId: string, sha256: string): void;
  /** What is to be told of a lease's training; undefined once the lease is over. */
  training(leaseId: string): TrainingReport | undefined;
  /** Digest of the newest checkpoint at the control plane, from here or from an earlier attempt; empty where there is none. */
  checkpointOf(leaseId: string): string;
  /** The lease is over, however it ended. */
  drop(leaseId: string): void;
  /** The lease's work has ended: its slot is free. */
  release(leaseId: string): void;
  heldIds(): readonly string[];
  /** @param sequence of the heartbeat that tells it */
  progress(sequence: number): readonly LeaseProgress[];
  /** A heartbeat was answered: what it told need not be told again. */
  answered(sequence: number): void;
  busySlots(): number;
  /** Mean of what the slots have done, 0…1; 0 where none is taken. */
  meanDone(): number;
}

interface Held {
  readonly lease: Lease;
  done: number;
  checkpointSha256: string;
  training: TrainingReport | null;
}

export function newLeaseTable(slots: number): LeaseTable {
  const held = new Map<string, Held>();
  const busy = new Set<string>();
  let outstanding = 0;
  let isAccepting = true;
  return {
    drawCredit() {
      if (!isAccepting) return 0;
      const credit = Math.max(0, slots - busy.size - outstanding);
      outstanding += credit;
      return credit;
    },
    voidCredit() {
      outstanding = 0;
    },
    take(leases) {
      const taken: Lease[] = [];
      const refused: Lease[] = [];
      for (const lease of leases) {
        if (held.has(lease.leaseId)) continue;
        const hasCredit = outstanding > 0;
        if (hasCredit) outstanding--;
        if (!hasCredit || !isAccepting) {
          refused.push(lease);
          continue;
        }
        const { leaseId, checkpointSha256 } = lease;
        held.set(leaseId, { lease, done: 0, checkpointSha256, training: null });
        busy.add(leaseId);
        taken.push(lease);
      }
      return { taken, refused };
    },
    setAccepting(value) {
      isAccepting = value;
    },
    find: (leaseId) => held.get(leaseId)?.lease,
    setDone(leaseId, done) {
      const entry = held.get(leaseId);
      // Written so that NaN changes nothing.
      if (entry && done > entry.done) entry.done = Math.min(1, done);
    },
    setCheckpoint(leaseId, sha256) {
      const entry = held.get(leaseId);
      if (entry) entry.checkpointSha256 = sha256;
    },
    training(leaseId) {
      const entry = held.get(leaseId);
      return entry && (entry.training ??= newTrainingReport());
    },
    checkpointOf: (leaseId) => held.get(leaseId)?.checkpointSha256 ?? "",
    drop(leaseId) {
      held.delete(leaseId);
    },
    release(leaseId) {
      busy.delete(leaseId);
    },
    heldIds: () => [...held.keys()],
    progress: (sequence) =>
      Array.from(held, ([leaseId, { done, checkpointSha256, training }]) => ({
        leaseId,
        done,
        checkpointSha256,
        ...(training && { training: training.tell(sequence) }),
      })),
    answered(sequence) {
      for (const { training } of held.values()) training?.answered(sequence);
    },
    busySlots: () => busy.size,
    meanDone() {
      let sum = 0;
      for (const leaseId of busy) sum += held.get(leaseId)?.done ?? 0;
      return busy.size === 0 ? 0 : sum / busy.size;
    },
  };
}
