/** Whether a result is of what was asked. Pure. */
import type {
  CompareAuditsResult,
  ShardResult,
} from "../shards/shard-result.ts";
import type {
  CompareAuditsSpec,
  SearchIdentity,
  ShardSpec,
} from "../shards/shard-spec.ts";

/** @returns what is wrong; undefined where the result fits */
export function explainMisfit(
  spec: ShardSpec,
  result: ShardResult,
): string | undefined {
  const wanted = resultKindOf(spec);
  if (wanted !== result.kind)
    return `The shard asks for a result of the kind ${wanted}, this one is of the kind ${result.kind}.`;
  if (spec.kind === "compare-audits" && result.kind === "compare-audits")
    return explainPlaces(spec, result);
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

function explainPlaces(
  { audits }: CompareAuditsSpec,
  { changed }: CompareAuditsResult,
): string | undefined {
  const given = new Set<number>();
  for (const { place } of changed) {
    if (place >= audits.length)
      return `It has an audit ${place}, ${audits.length} were to be compared.`;
    if (given.has(place)) return `It has the audit ${place} twice.`;
    given.add(place);
  }
  return undefined;
}

/** A round leaves a checkpoint where a whole training leaves a model. */
const resultKindOf = (spec: ShardSpec): ShardResult["kind"] =>
  spec.kind === "train" && spec.round && !spec.round.isLast
    ? "train-round"
    : spec.kind;

const nameOf = ({ targetClass, canvasIndex, seed }: SearchIdentity): string =>
  `class ${targetClass}, canvas ${canvasIndex}, seed ${seed}`;
