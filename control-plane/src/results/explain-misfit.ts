/** Whether a result is of what was asked. Pure. */
import type { ShardResult } from "../shards/shard-result.ts";
import type { SearchIdentity, ShardSpec } from "../shards/shard-spec.ts";

/** @returns what is wrong; undefined where the result fits */
export function explainMisfit(
  spec: ShardSpec,
  result: ShardResult,
): string | undefined {
  if (spec.kind !== result.kind)
    return `The shard is of the kind ${spec.kind}, the result of the kind ${result.kind}.`;
  if (spec.kind !== "search" || result.kind !== "search") return undefined;
  const asked = new Set(spec.searches.map(nameOf));
  const given = new Set(
    result.patterns.map(({ identity }) => nameOf(identity)),
  );
  const lacking = [...asked].find((name) => !given.has(name));
  if (lacking !== undefined) return `It lacks the pattern of ${lacking}.`;
  if (result.patterns.length !== asked.size)
    return `It has ${result.patterns.length} patterns, ${asked.size} were asked for.`;
  return undefined;
}

const nameOf = ({ targetClass, canvasIndex, seed }: SearchIdentity): string =>
  `class ${targetClass}, canvas ${canvasIndex}, seed ${seed}`;
