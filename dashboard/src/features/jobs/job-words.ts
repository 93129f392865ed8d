/** Jobs, shards and events in words. Pure. */
import type { Job, Shard } from "../../api/types.ts";
import type { StreamEvent } from "../../live/stream-event.ts";
import { formatCount, formatShare } from "../../ui/format.ts";
import { itemsOf, type PatternItem } from "./job-updates.ts";

const kindWords: Readonly<Record<Job["kind"], string>> = {
  search: "Search",
  "check-model": "Model check",
  "inspect-dataset": "Data set inspection",
  train: "Training",
  evaluate: "Evaluation",
  audit: "Audit",
  noop: "Trial without work",
};
export const kindWord = (kind: Job["kind"]): string => kindWords[kind];

export const statusWords: Readonly<Record<Job["status"], string>> = {
  RUNNING: "running",
  PAUSED: "paused",
  SUCCEEDED: "succeeded",
  FAILED: "failed",
  CANCELLED: "cancelled",
};

const statusSentences: Readonly<Record<Job["status"], string>> = {
  RUNNING: "The job runs",
  PAUSED: "The job was paused",
  SUCCEEDED: "The job succeeded",
  FAILED: "The job failed",
  CANCELLED: "The job was cancelled",
};

/** @example plural(1, "shard") is "1 shard", plural(2, "search", "searches") is "2 searches" */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`;

/** Whole numbers as ranges. @example "0, 3–5" */
export function rangesOf(values: readonly number[]): string {
  const sorted = [...new Set(values)].sort((a, b) => a - b);
  const ranges: [number, number][] = [];
  for (const value of sorted) {
    const last = ranges.at(-1);
    if (last && last[1] === value - 1) last[1] = value;
    else ranges.push([value, value]);
  }
  return ranges
    .map(([from, to]) =>
      from === to
        ? `${from}`
        : to === from + 1
          ? `${from}, ${to}`
          : `${from}–${to}`,
    )
    .join(", ");
}

/** What a shard is of. @example "classes 0–7, canvas 0" */
export function shardWords({
  kind,
  searches,
}: Pick<Shard, "kind" | "searches">): string {
  if (kind === "compare-audits") return "comparing the models with each other";
  if (!searches || searches.length === 0) return "";
  const part = (name: string, many: string, values: readonly number[]) => {
    const one = new Set(values).size === 1;
    return `${one ? name : many} ${rangesOf(values)}`;
  };
  const seeds = searches.map(({ seed }) => seed);
  return [
    part(
      "class",
      "classes",
      searches.map(({ targetClass }) => targetClass),
    ),
    part(
      "canvas",
      "canvases",
      searches.map(({ canvasIndex }) => canvasIndex),
    ),
    ...(new Set(seeds).size > 1 ? [part("seed", "seeds", seeds)] : []),
  ].join(", ");
}

export interface EventWords {
  readonly text: string;
  /** What further it says, such as a problem's message. */
  readonly detail?: string;
  readonly tone: "plain" | "good" | "warning" | "bad";
}

/** What names ids of an event's body. */
export interface Names {
  shard(id: string): string | undefined;
  node(id: string): string | undefined;
}

export function eventWords(
  { type, body }: StreamEvent,
  names: Names,
): EventWords {
  const text = (name: string): string | undefined =>
    typeof body[name] === "string" ? body[name] : undefined;
  const count = (name: string): number =>
    typeof body[name] === "number" ? body[name] : 0;
  const shard = () => {
    const id = text("shardId");
    const known = id === undefined ? undefined : names.shard(id);
    return known ?? `Shard ${id?.slice(0, 8) ?? "?"}`;
  };
  const on = () => {
    const id = text("nodeId");
    return id === undefined ? "" : ` on ${names.node(id) ?? id.slice(0, 8)}`;
  };
  const because = (name: string) => {
    const detail = text(name);
    return detail === undefined ? {} : { detail };
  };
  switch (type) {
    case "job-submitted":
      return {
        text: `Submitted by ${text("createdBy") ?? "someone"}: ${plural(count("shards"), "shard")}`,
        tone: "plain",
      };
    case "job-status": {
      const status = text("status") as Job["status"] | undefined;
      return {
        text: (status && statusSentences[status]) ?? "The job changed",
        tone:
          status === "SUCCEEDED"
            ? "good"
            : status === "FAILED"
              ? "bad"
              : "plain",
      };
    }
    case "job-changed":
      return {
        text: `Changed: ${
          Object.entries(body)
            .filter(([, value]) => ["string", "number"].includes(typeof value))
            .map(([name, value]) => `${name} ${String(value)}`)
            .join(", ") || "its settings"
        }`,
        tone: "plain",
      };
    case "job-redriven":
      return { text: "Dead shards wait to be tried again", tone: "plain" };
    case "progress":
      return {
        text: `${formatShare(count("done"))} done: ${formatCount(count("succeeded"))} of ${plural(count("total"), "shard")}, ${formatCount(count("running"))} on nodes`,
        tone: "plain",
      };
    case "patterns": {
      const items = itemsOf<PatternItem>(body);
      const classes = items.map(({ targetClass }) => targetClass);
      return {
        text: `${plural(items.length, "pattern")} found: ${new Set(classes).size === 1 ? "class" : "classes"} ${rangesOf(classes)}`,
        tone: "good",
      };
    }
    case "epochs": {
      const items = itemsOf<{ index: number; epoch: number; loss: number }>(
        body,
      );
      const [first] = items;
      return {
        text:
          items.length === 1 && first
            ? `Shard ${first.index} has ended epoch ${formatCount(first.epoch)}: loss ${first.loss.toPrecision(3)}`
            : `Shards ${rangesOf(items.map(({ index }) => index))} have ended epochs`,
        tone: "plain",
      };
    }
    case "round-ended":
      return {
        text: `${text("name") ?? "A model"}: round ${formatCount(count("round"))} of ${formatCount(count("rounds"))} is done, its workers are averaged`,
        tone: "plain",
      };
    case "model-trained":
      return {
        text: `${text("name") ?? "A model"} is trained: ${formatShare(count("cleanAccuracy"))} clean accuracy${
          typeof body.attackSuccessRate === "number"
            ? `, ${formatShare(body.attackSuccessRate)} attack success`
            : ""
        }`,
        tone: "good",
      };
    case "model-evaluated":
      return {
        text: `${text("name") ?? "A model"} is measured: ${[
          `${formatShare(count("cleanAccuracy"))} clean accuracy`,
          ...shareWords(body.attackSuccessRate, "attack success"),
          ...shareWords(body.robustAccuracy, "robust accuracy"),
        ].join(", ")}`,
        tone: "good",
      };
    case "comparison-began":
      return {
        text: `The audits have ended: ${plural(count("models"), "model")} are compared with each other`,
        tone: "plain",
      };
    case "model-audited": {
      const verdict = text("verdict");
      const target = text("targetClassName");
      return {
        text: `${text("name") ?? "A model"} is judged: ${[
          verdict ?? "no verdict",
          ...shareWords(body.probability, "probability of a backdoor"),
          ...(target === undefined ? [] : [`class ${target}`]),
          ...(typeof body.peers === "number"
            ? [`beside ${plural(body.peers, "other model")}`]
            : []),
        ].join(", ")}`,
        tone: "plain",
      };
    }
    case "model-registered":
      return {
        text: `${text("name") ?? "A model"} is registered`,
        tone: "good",
      };
    case "shard-status": {
      const items = itemsOf<{ index: number; status: Shard["status"] }>(body);
      const byStatus = Map.groupBy(items, ({ status }) => status);
      return {
        text: [...byStatus]
          .map(
            ([status, of]) =>
              `${of.length === 1 ? "Shard" : "Shards"} ${rangesOf(of.map(({ index }) => index))}: ${shardStatusWords[status] ?? status}`,
          )
          .join("; "),
        tone: byStatus.has("DEAD")
          ? "bad"
          : byStatus.has("RETRY")
            ? "warning"
            : "plain",
      };
    }
    case "shard-retry":
      return {
        text: `${shard()} failed${on()} and is tried again`,
        ...because("reason"),
        tone: "warning",
      };
    case "lease-expired":
      return {
        text: `${shard()}: nothing was heard of it${on()}, so it is given to a node again`,
        ...because("reason"),
        tone: "warning",
      };
    case "shard-yield":
      return { text: `${shard()} was given back${on()}`, tone: "plain" };
    case "shard-dead":
      return {
        text: `${shard()} is given up${on()}`,
        ...because("problem"),
        tone: "bad",
      };
    default:
      return {
        text: type.replaceAll("-", " "),
        ...(Object.keys(body).length > 0 && { detail: JSON.stringify(body) }),
        tone: "plain",
      };
  }
}

/** @example shareWords(0.98, "attack success") is ["98.0% attack success"]; of none it is [] */
const shareWords = (share: unknown, name: string): readonly string[] =>
  typeof share === "number" ? [`${formatShare(share)} ${name}`] : [];

export const shardStatusWords: Readonly<Record<Shard["status"], string>> = {
  PENDING: "waits",
  QUEUED: "queued",
  LEASED: "given to a node",
  RUNNING: "on a node",
  RETRY: "waits to be tried again",
  SUCCEEDED: "done",
  DEAD: "given up",
  CANCELLED: "cancelled",
};

/** Attempts that a shard gets before it is given up (the queue's retry limit and the first). */
const mostAttempts = 6;

/** Given up before its attempts were used: trying again cannot help until the input is mended. */
export const isInputFault = ({
  status,
  retryCount,
}: Pick<Shard, "status" | "retryCount">): boolean =>
  status === "DEAD" && retryCount + 1 < mostAttempts;
