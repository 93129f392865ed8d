/** What a job's events say, as lines and a bar on the terminal. */
import type { ApiEvent, ApiJob } from "./api-types.ts";
import type { Progress } from "./progress.ts";
import { shortId } from "./table.ts";
import type { JobWatch } from "./watch-job.ts";

/** @param classNames by class index, where they are known */
export function showJob(
  progress: Progress,
  classNames: readonly string[] = [],
): Required<Pick<JobWatch, "onJob" | "onEvent" | "onReachable">> {
  let done = 0;
  let note = "";
  const nameClass = (index: number) =>
    classNames[index] === undefined
      ? `class ${index}`
      : `class ${index} (${classNames[index]})`;
  const show = () => progress.update(done, note);
  return {
    onJob(job) {
      done = Math.max(done, job.done);
      note = describeShards(job.shards);
      show();
    },
    onEvent(event, isPast) {
      if (event.type === "progress") {
        const body = event.body as unknown as ProgressBody;
        done = Math.max(done, body.done);
        note = describeShards(body);
        if (!isPast) show();
        return;
      }
      if (isPast) return;
      for (const line of describeEvent(event, nameClass)) progress.line(line);
    },
    onReachable(isReachable) {
      progress.line(
        isReachable
          ? "The control plane answers again."
          : "The control plane does not answer; trying again. The job itself goes on.",
      );
    },
  };
}

type ShardCounts = Pick<
  ApiJob["shards"],
  "succeeded" | "dead" | "running" | "total"
>;
interface ProgressBody extends ShardCounts {
  readonly done: number;
}

/** @example "12 of 20 shards done, 2 running" */
function describeShards({
  succeeded,
  dead,
  running,
  total,
}: ShardCounts): string {
  const failed = dead > 0 ? `, ${dead} failed` : "";
  return `${succeeded} of ${total} shards done, ${running} running${failed}`;
}

interface PatternItem {
  readonly targetClass: number;
  readonly canvasIndex: number;
  readonly seed: number;
  readonly kStar: number | null;
}

function describeEvent(
  { type, body }: ApiEvent,
  nameClass: (index: number) => string,
): readonly string[] {
  switch (type) {
    case "patterns":
      return (body.items as readonly PatternItem[]).map(
        ({ targetClass, canvasIndex, seed, kStar }) =>
          `${nameClass(targetClass)}, canvas ${canvasIndex}, seed ${seed}: k* ${kStar ?? "∞"}`,
      );
    case "model-trained":
      return [
        `${textIn(body.name)}: clean accuracy ${percentIn(body.cleanAccuracy)}${body.attackSuccessRate === null ? "" : `, attack success rate ${percentIn(body.attackSuccessRate)}`}`,
      ];
    case "model-evaluated":
      return [
        [
          `${textIn(body.name)}: clean accuracy ${percentIn(body.cleanAccuracy)}`,
          ...shareIn("attack success rate", body.attackSuccessRate),
          ...shareIn("robust accuracy", body.robustAccuracy),
        ].join(", "),
      ];
    case "comparison-began":
      return [
        `The audits have ended; ${Number(body.models)} models are compared with each other.`,
      ];
    case "model-audited":
      // Beside the others most verdicts are what they were.
      return body.verdictBefore === body.verdict ? [] : [describeVerdict(body)];
    case "shard-retry":
      return [
        `shard ${idIn(body.shardId)} is tried again: ${textIn(body.reason)}`,
      ];
    case "shard-dead":
      return [
        `shard ${idIn(body.shardId)} cannot be done: ${textIn(body.problem)}`,
      ];
    case "lease-expired":
      return [
        `a node went silent; shard ${idIn(body.shardId)} goes to another.`,
      ];
    case "job-redriven":
      return [
        `${Number(body.shards)} failed ${body.shards === 1 ? "shard is" : "shards are"} tried again.`,
      ];
    case "job-status":
      return body.status === "PAUSED" || body.status === "RUNNING"
        ? [body.status === "PAUSED" ? "The job is paused." : "The job goes on."]
        : [];
    default:
      return [];
  }
}

/** @example "net-4: backdoor suspected, class Dress (probability 0.95), beside 5 others of its architecture" */
function describeVerdict(body: ApiEvent["body"]): string {
  const { name, verdict, targetClassName, probability, peers } = body;
  const hasClass =
    typeof targetClassName === "string" && verdict === "backdoor suspected";
  return [
    `${textIn(name)}: ${textIn(verdict)}`,
    hasClass ? `, class ${targetClassName}` : "",
    typeof probability === "number"
      ? ` (probability ${probability.toFixed(2)})`
      : "",
    typeof peers === "number"
      ? `, beside ${peers === 0 ? "no" : peers} others of its architecture`
      : "",
  ].join("");
}

const textIn = (value: unknown) => (typeof value === "string" ? value : "");
const percentIn = (value: unknown) => `${(100 * Number(value)).toFixed(2)}%`;
const shareIn = (name: string, value: unknown) =>
  value === null ? [] : [`${name} ${percentIn(value)}`];
const idIn = (value: unknown) => shortId(textIn(value));
