import { expect, test } from "vitest";
import type { StreamEvent } from "../../live/stream-event.ts";
import {
  eventWords,
  isInputFault,
  plural,
  rangesOf,
  shardWords,
} from "./job-words.ts";

const names = {
  shard: (id: string) => (id === "s" ? "Shard 4" : undefined),
  node: (id: string) => (id === "n" ? "lab" : undefined),
};
const words = (type: string, body: StreamEvent["body"]) =>
  eventWords({ stream: "j", seq: 1, type, body, at: "" }, names);

test("numbers as ranges", () => {
  expect(rangesOf([5, 3, 4, 0, 4])).toBe("0, 3–5");
  expect(rangesOf([1, 2])).toBe("1, 2");
  expect(rangesOf([])).toBe("");
});

test("one and many", () => {
  expect(plural(1, "shard")).toBe("1 shard");
  expect(plural(1200, "search", "searches")).toBe("1,200 searches");
});

test("what a shard is of", () => {
  const searches = [0, 1, 2].map((targetClass) => ({
    targetClass,
    canvasIndex: 1,
    seed: 0,
  }));
  expect(shardWords({ kind: "search", searches })).toBe(
    "classes 0–2, canvas 1",
  );
  expect(shardWords({ kind: "audit", searches: null })).toBe("");
  expect(shardWords({ kind: "compare-audits", searches: null })).toBe(
    "comparing the models with each other",
  );
});

test("events of a training name its models", () => {
  expect(
    words("model-trained", {
      ...{ shardId: "s", name: "bad" },
      ...{ cleanAccuracy: 0.912, attackSuccessRate: 0.98 },
    }),
  ).toEqual({
    text: "bad is trained: 91.2% clean accuracy, 98.0% attack success",
    tone: "good",
  });
  expect(
    words("model-trained", {
      ...{ shardId: "s", name: "good" },
      ...{ cleanAccuracy: 0.9, attackSuccessRate: null },
    }).text,
  ).toBe("good is trained: 90.0% clean accuracy");
  expect(
    words("model-registered", { shardId: "s", modelId: "m", name: "good" }),
  ).toEqual({ text: "good is registered", tone: "good" });
});

test("a verdict is told with its probability and class; none is good news", () => {
  const body = { shardId: "s", modelId: "m", name: "vendor" };
  expect(
    words("model-audited", {
      ...{ ...body, verdict: "backdoor suspected", probability: 0.9834 },
      targetClassName: "Sneaker",
    }),
  ).toEqual({
    text: "vendor is judged: backdoor suspected, 98.3% probability of a backdoor, class Sneaker",
    tone: "plain",
  });
  expect(
    words("model-audited", {
      ...{ ...body, verdict: "inconclusive", probability: null },
      targetClassName: null,
    }),
  ).toEqual({ text: "vendor is judged: inconclusive", tone: "plain" });
  expect(words("comparison-began", { models: 40 }).text).toBe(
    "The audits have ended: 40 models are compared with each other",
  );
  expect(
    words("model-audited", {
      ...{ ...body, verdict: "no evidence found", probability: 0.02 },
      ...{ peers: 39, verdictBefore: "inconclusive" },
    }).text,
  ).toBe(
    "vendor is judged: no evidence found, 2.0% probability of a backdoor, beside 39 other models",
  );
});

test("epochs that have ended, of one shard and of many", () => {
  const item = (index: number) => ({ index, epoch: 1_200, loss: 0.12345 });
  expect(words("epochs", { items: [item(3)] }).text).toBe(
    "Shard 3 has ended epoch 1,200: loss 0.123",
  );
  const many = [item(3), item(4), item(5), item(7)];
  expect(words("epochs", { items: many }).text).toBe(
    "Shards 3–5, 7 have ended epochs",
  );
});

test("events name shards and nodes as people know them", () => {
  expect(
    words("shard-retry", { shardId: "s", nodeId: "n", reason: "no memory" }),
  ).toEqual({
    text: "Shard 4 failed on lab and is tried again",
    detail: "no memory",
    tone: "warning",
  });
  expect(
    words("shard-dead", { shardId: "0123456789", nodeId: "n", problem: "x" })
      .text,
  ).toBe("Shard 01234567 is given up on lab");
  expect(words("job-status", { status: "FAILED" })).toEqual({
    text: "The job failed",
    tone: "bad",
  });
  expect(
    words("patterns", {
      items: [{ targetClass: 2 }, { targetClass: 3 }, { targetClass: 4 }],
    }).text,
  ).toBe("3 patterns found: classes 2–4");
  expect(
    words("shard-status", {
      items: [
        { index: 1, status: "RUNNING" },
        { index: 2, status: "RUNNING" },
        { index: 7, status: "DEAD" },
      ],
    }),
  ).toEqual({ text: "Shards 1, 2: on a node; Shard 7: given up", tone: "bad" });
});

test("an event that is not known says all that it holds", () => {
  expect(words("some-new-thing", { a: 1 })).toEqual({
    text: "some new thing",
    detail: '{"a":1}',
    tone: "plain",
  });
});

test("a shard that was given up before its attempts were used has a fault of its input", () => {
  expect(isInputFault({ status: "DEAD", retryCount: 0 })).toBe(true);
  expect(isInputFault({ status: "DEAD", retryCount: 5 })).toBe(false);
  expect(isInputFault({ status: "RETRY", retryCount: 0 })).toBe(false);
});
