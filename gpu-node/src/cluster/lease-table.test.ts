import type { Lease } from "@motif/proto";
import { expect, it } from "vitest";
import { newLeaseTable } from "./lease-table.ts";

const lease = (leaseId: string, checkpointSha256 = ""): Lease => ({
  leaseId,
  shardId: `shard of ${leaseId}`,
  jobId: "job",
  retryCount: 0,
  spec: undefined,
  checkpointSha256,
});

it("slots taken and credit outstanding never exceed the slots", () => {
  const table = newLeaseTable(3);
  expect(table.drawCredit()).toBe(3);
  expect(table.drawCredit()).toBe(0);
  table.take([lease("a"), lease("b")]);
  expect(table.drawCredit()).toBe(0);
  table.release("a");
  expect(table.drawCredit()).toBe(1);
  expect(table.busySlots()).toBe(1);
});

it("refuses leases past the credit and leaves out those held already", () => {
  const table = newLeaseTable(2);
  table.drawCredit();
  const { taken, refused } = table.take([
    lease("a"),
    lease("a"),
    lease("b"),
    lease("c"),
  ]);
  expect(taken.map(({ leaseId }) => leaseId)).toEqual(["a", "b"]);
  expect(refused.map(({ leaseId }) => leaseId)).toEqual(["c"]);
});

it("a lost lease keeps its slot until its work has ended", () => {
  const table = newLeaseTable(1);
  table.drawCredit();
  table.take([lease("a")]);
  table.drop("a");
  expect(table.heldIds()).toEqual([]);
  expect(table.drawCredit()).toBe(0);
  table.release("a");
  expect(table.drawCredit()).toBe(1);
});

it("a finished lease is held without a slot until it is settled", () => {
  const table = newLeaseTable(1);
  table.drawCredit();
  table.take([lease("a")]);
  table.release("a");
  expect(table.heldIds()).toEqual(["a"]);
  expect(table.drawCredit()).toBe(1);
});

it("credit of a broken stream is void", () => {
  const table = newLeaseTable(4);
  table.drawCredit();
  table.take([lease("a")]);
  table.voidCredit();
  expect(table.drawCredit()).toBe(3);
});

it("draws no credit, and takes nothing, while it does not accept", () => {
  const table = newLeaseTable(2);
  table.drawCredit();
  table.setAccepting(false);
  expect(table.take([lease("a")]).refused).toHaveLength(1);
  expect(table.drawCredit()).toBe(0);
  table.setAccepting(true);
  expect(table.drawCredit()).toBe(1);
});

it("reports the furthest progress and the newest checkpoint, an earlier attempt's first", () => {
  const table = newLeaseTable(1);
  table.drawCredit();
  table.take([lease("a", "earlier")]);
  expect(table.checkpointOf("a")).toBe("earlier");
  table.setDone("a", 0.5);
  table.setDone("a", 0.4);
  table.setCheckpoint("a", "newer");
  expect(table.progress(1)).toEqual([
    { leaseId: "a", done: 0.5, checkpointSha256: "newer" },
  ]);
});

it("says of a lease that trains how it goes, and of the others nothing", () => {
  const table = newLeaseTable(2);
  table.drawCredit();
  table.take([lease("a"), lease("b")]);
  const epoch = {
    epoch: 1,
    loss: 2,
    accuracy: 0.5,
    images: 64,
    learningRate: 0.1,
    imagesPerSecond: 100,
  };
  table.training("b")?.addEpoch(epoch);
  const told = () => table.progress(7).map(({ training }) => training);
  expect(told()).toEqual([undefined, { epochs: [epoch] }]);
  table.answered(7);
  expect(told()).toEqual([undefined, { epochs: [] }]);
  table.drop("b");
  expect(table.training("b")).toBeUndefined();
});
